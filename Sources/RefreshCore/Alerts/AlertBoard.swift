/// All alerts, and which of them are raised.
package struct AlertBoard: Equatable, Sendable {
    private var watches = AlertKind.allCases.map(AlertWatch.init)

    package init() {}

    /// In the order of their kinds.
    package var raised: [Alert] { watches.compactMap(\.raised) }

    /// Whether an alert of these kinds is raised or suspected.
    package func isAstir(_ kinds: Set<AlertKind>) -> Bool {
        watches.contains { kinds.contains($0.kind) && !$0.isQuiet }
    }

    /// Goes on with alerts that were raised before a restart.
    package mutating func restore(_ alerts: [Alert], at clock: ClockReading) {
        for alert in alerts {
            for index in watches.indices where watches[index].kind == alert.kind {
                watches[index].restore(alert, at: clock)
            }
        }
    }

    /// Records measurements; a kind without one stays as it is, unless it was turned off.
    ///
    /// A problem has one alert: the alert for any reason is not raised while a single reason is, or may become, one.
    package mutating func observe(
        _ readings: [AlertKind: AlertReading], policy: AlertPolicy, at clock: ClockReading
    ) -> [AlertChange] {
        var changes: [AlertChange] = []
        for index in watches.indices {
            let kind = watches[index].kind
            let rule = policy[kind]
            if rule.threshold == nil {
                if let change = watches[index].switchOff(at: clock) { changes.append(change) }
                continue
            }
            guard var reading = readings[kind] else { continue }
            if kind == .failing, watches[index].raised == nil, isAstir([.rejected, .refused, .refusedCalls, .api]) {
                reading = .unknown
            }
            if let change = watches[index].observe(reading, rule: rule, at: clock) { changes.append(change) }
        }
        return changes
    }
}
