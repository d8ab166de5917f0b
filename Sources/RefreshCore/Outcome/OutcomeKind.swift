/// The outcome's name, as users see it in `REFRESH_OUTCOME`.
package enum OutcomeKind: String, Word {
    case refreshed, rejected, unauthorized, forbidden, refused, throttled, unavailable, unknown, malformed,
        misconfigured
}

extension OutcomeKind {
    /// How well a user's call tells whether the API answers, when its latest came to this: the lower, the better.
    package var rankForProbe: Int {
        switch self {
        case .refreshed, .rejected, .unauthorized, .forbidden: 0
        case .throttled, .unavailable, .unknown, .malformed, .misconfigured: 1
        case .refused: 2
        }
    }
}
