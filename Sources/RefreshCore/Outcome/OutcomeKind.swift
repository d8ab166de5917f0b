/// The outcome's name, as users see it in `REFRESH_OUTCOME`.
package enum OutcomeKind: String, Word {
    case refreshed, rejected, unauthorized, forbidden, refused, throttled, unavailable, unknown, malformed,
        misconfigured
}

extension OutcomeKind {
    /// How well a user's call shows whether the API answers, by the outcome of its latest call; lower is better.
    package var rankForProbe: Int {
        switch self {
        case .refreshed, .rejected, .unauthorized, .forbidden: 0
        case .throttled, .unavailable, .unknown, .malformed, .misconfigured: 1
        case .refused: 2
        }
    }
}
