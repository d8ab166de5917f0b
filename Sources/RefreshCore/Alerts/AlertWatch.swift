/// Decides when one alert begins and ends, from measurements as they come.
///
/// Raised when the threshold was reached by every measurement over `hold`, ended when every one over `hold` was at or
/// below `end`. So two changes are never closer than `hold`, whatever is measured.
package struct AlertWatch: Equatable, Sendable {
    /// Measurements further apart say nothing of the time between: the machine slept, or the store did not answer.
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

    /// Takes note of a measurement under the rule in force.
    package mutating func observe(_ reading: AlertReading, rule: AlertRule, at clock: ClockReading) -> AlertChange? {
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
            return .raised(alert)
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
            return .ended(alert, lasted: now - at, .over)
        }
    }

    /// Takes note that there is no rule any more.
    package mutating func switchOff(at clock: ClockReading) -> AlertChange? {
        defer { phase = .quiet }
        guard case .raised(let alert, let at, _) = phase else { return nil }
        return .ended(alert, lasted: clock.sinceBoot - at, .switchedOff)
    }

    private mutating func doubt() {
        switch phase {
        case .quiet, .suspected: phase = .quiet
        case .raised(let alert, let at, _): phase = .raised(alert, at: at, calmSince: nil)
        }
    }
}
