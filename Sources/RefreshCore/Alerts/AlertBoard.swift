/// All alerts, and which of them are raised.
package struct AlertBoard: Equatable, Sendable {
    private var watches = AlertKind.allCases.map(AlertWatch.init)

    package init() {}

    /// Raised alerts, in the order of their kinds.
    package var raised: [Alert] { watches.compactMap(\.raised) }

    /// Whether an alert of these kinds is raised or suspected.
    package func isAstir(_ kinds: Set<AlertKind>) -> Bool {
        watches.contains { kinds.contains($0.kind) && !$0.isQuiet }
    }

    /// Continues alerts that were raised before a restart.
    package mutating func restore(_ alerts: [Alert], at clock: ClockReading) {
        for alert in alerts {
            for index in watches.indices where watches[index].kind == alert.kind {
                watches[index].restore(alert, at: clock)
            }
        }
    }

    /// Records measurements; a kind without one stays as it is, unless it was turned off.
    ///
    /// One problem has one alert: `failing` is not raised while an alert for a single reason is raised or suspected.
    package mutating func observe(
        _ readings: [AlertKind: AlertReading], policy: AlertPolicy, at clock: ClockReading
    ) -> [Event] {
        var changes: [Event] = []
        for index in watches.indices {
            let kind = watches[index].kind
            let rule = policy[kind]
            guard var reading = rule.threshold == nil ? .unknown : readings[kind] else { continue }
            if kind == .failing, watches[index].raised == nil, isAstir([.rejected, .refused, .refusedCalls, .api]) {
                reading = .unknown
            }
            if let change = watches[index].observe(reading, rule: rule, at: clock) { changes.append(change) }
        }
        return changes
    }
}

/// The operator's rules for alerts.
package struct AlertPolicy: Equatable, Sendable {
    /// Small installations are surveyed over at most this many windows.
    package static let windows = 24

    package var isEnabled = true
    /// How far back calls count for a share of failing users.
    package var window: Duration = .hours(1)
    /// With fewer failing or stale users than this, no share is an alert.
    package var minimumUsers = 5
    package var rejected = AlertRule(threshold: 0.2, end: 0.1, hold: .minutes(10))
    package var refused = AlertRule(threshold: 0.1, end: 0.05, hold: .minutes(10))
    /// Above this share, users are not parked for a refusal: see `RefusalCount`.
    package var refusedCalls = AlertRule(threshold: RefusalCount.share, end: 0.005, hold: .minutes(10))
    package var api = AlertRule(threshold: 0.2, end: 0.1, hold: .minutes(10))
    package var failing = AlertRule(threshold: 0.3, end: 0.15, hold: .minutes(10))
    package var stale = AlertRule(threshold: 0.05, end: 0.02, hold: .minutes(15))
    /// A user is stale after this many intervals of its schedule without a success.
    package var staleTurns: Double = 3
    package var expiring = AlertRule(threshold: 1, end: 0, hold: .minutes(15))
    /// How long before its end a token counts as expiring.
    package var expiringWithin: Duration = .days(3)
    package var late = AlertRule(threshold: 3_600, end: 900, hold: .minutes(15))

    package init() {}

    /// The rule of an alert; its threshold is nil if the alert is off.
    package subscript(kind: AlertKind) -> AlertRule {
        var rule: AlertRule =
            switch kind {
            case .rejected: rejected
            case .refused: refused
            case .refusedCalls: refusedCalls
            case .api: api
            case .failing: failing
            case .stale: stale
            case .expiring: expiring
            case .late: late
            }
        if !isEnabled { rule.threshold = nil }
        return rule
    }
}

/// Decides when one alert begins and ends, from measurements as they arrive.
///
/// An alert is raised when every measurement over `hold` reached the threshold, and ends when every measurement over
/// `hold` was at or below `end`. So two changes are never closer together than `hold`.
package struct AlertWatch: Equatable, Sendable {
    /// Measurements further apart say nothing about the time between: the machine slept, or the store did not answer.
    static let longestGap = Duration.minutes(15)

    private enum Phase: Equatable, Sendable {
        case quiet
        case suspected(since: Duration)
        case raised(Alert, at: Duration, calmSince: Duration?)
    }

    package let kind: AlertKind
    private var phase = Phase.quiet
    private var lastReading: Duration?

    package init(_ kind: AlertKind) {
        self.kind = kind
    }

    package var raised: Alert? {
        if case .raised(let alert, _, _) = phase { alert } else { nil }
    }

    /// Neither raised nor suspected.
    package var isQuiet: Bool { phase == .quiet }

    /// Continues an alert that was raised and reported before a restart.
    package mutating func restore(_ alert: Alert, at clock: ClockReading) {
        let age = max(.zero, alert.since.duration(to: clock.wall))
        phase = .raised(alert, at: clock.sinceBoot - age, calmSince: nil)
    }

    package mutating func observe(_ reading: AlertReading, rule: AlertRule, at clock: ClockReading) -> Event? {
        guard let threshold = rule.threshold else { return switchOff(at: clock) }
        guard case .figure(let figure) = reading else {
            doubt()
            return nil
        }
        let now = clock.sinceBoot
        if let lastReading, now - lastReading > Self.longestGap { doubt() }
        lastReading = now
        switch phase {
        case .quiet, .suspected:
            guard figure.value >= threshold else {
                phase = .quiet
                return nil
            }
            let since = if case .suspected(let since) = phase { since } else { now }
            phase = .suspected(since: since)
            guard now - since >= rule.hold else { return nil }
            let began = clock.wall.advanced(by: since - now)
            let alert = Alert(kind: kind, since: began, figure: figure, threshold: threshold)
            phase = .raised(alert, at: since, calmSince: nil)
            return .alertRaised(alert)
        case .raised(var alert, let at, let calmSince):
            alert.figure = figure
            alert.threshold = threshold
            guard figure.value <= rule.end else {
                phase = .raised(alert, at: at, calmSince: nil)
                return nil
            }
            let since = calmSince ?? now
            phase = .raised(alert, at: at, calmSince: since)
            guard now - since >= rule.hold else { return nil }
            phase = .quiet
            return .alertEnded(alert, lasted: now - at, .over)
        }
    }

    /// Turns the alert off; returns its end if it was raised.
    private mutating func switchOff(at clock: ClockReading) -> Event? {
        defer { phase = .quiet }
        guard case .raised(let alert, let at, _) = phase else { return nil }
        return .alertEnded(alert, lasted: clock.sinceBoot - at, .switchedOff)
    }

    private mutating func doubt() {
        switch phase {
        case .quiet, .suspected: phase = .quiet
        case .raised(let alert, let at, _): phase = .raised(alert, at: at, calmSince: nil)
        }
    }
}

package enum AlertReading: Equatable, Sendable {
    case figure(Alert.Figure)
    /// Masked by a condition that is already reported: a suspicion resets, a raised alert stays.
    case unknown
}

/// When a figure raises an alert, and when it ends the alert.
///
/// `threshold` and `end` are in the unit of their alert: a share from 0 to 1, users, or seconds.
package struct AlertRule: Equatable, Sendable {
    /// Raises the alert when it is reached; nil for never.
    package var threshold: Double?
    /// Ends the alert when the figure falls to it; below `threshold`, or the alert would come and go.
    package var end: Double
    /// How long either must hold before it is reported.
    package var hold: Duration
}
