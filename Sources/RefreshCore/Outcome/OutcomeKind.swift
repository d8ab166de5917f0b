/// The outcome's name, as users see it in `REFRESH_OUTCOME`.
package enum OutcomeKind: String, CaseIterable, Sendable, Codable {
    case refreshed, rejected, unauthorized, forbidden, throttled, unavailable, unknown, malformed,
        misconfigured

    /// Whether the call may have reached the bank, so that the floor counts from it and the day's budget is charged.
    package var mayHaveReachedBank: Bool {
        switch self {
        case .refreshed, .rejected, .unknown, .malformed: true
        case .unauthorized, .forbidden, .throttled, .unavailable, .misconfigured: false
        }
    }
}
