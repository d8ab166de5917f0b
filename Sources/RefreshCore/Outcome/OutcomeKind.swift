/// The outcome's name, as users see it in `REFRESH_OUTCOME`.
package enum OutcomeKind: String, CaseIterable, Sendable, Codable {
    case refreshed, rejected, unauthorized, forbidden, refused, throttled, unavailable, unknown, malformed,
        misconfigured
}
