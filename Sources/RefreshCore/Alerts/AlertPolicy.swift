/// The operator's rules for alerts.
package struct AlertPolicy: Equatable, Sendable {
    /// Few users are surveyed over at most this many windows.
    package static let windows = 24

    package var isEnabled = true
    /// How far back calls count for a share of failing users.
    package var window: Duration = .hours(1)
    /// With fewer failing or stale users than this no share is an alert.
    package var minimumUsers = 5
    package var rejected = AlertRule(threshold: 0.2, end: 0.1, hold: .minutes(10))
    package var refused = AlertRule(threshold: 0.1, end: 0.05, hold: .minutes(10))
    /// From more users on than are parked for it: `RefusalCount`.
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

    /// The rule of an alert; with no threshold when it is off.
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
