/// One request for tokens as the sandbox saw it; never holds a token.
package struct RenewalRecord: Codable, Equatable, Sendable {
    package enum Grant: String, Codable, Sendable {
        case refreshToken = "refresh_token"
        case clientCredentials = "client_credentials"
        /// Missing, unknown or incomplete.
        case none
    }

    /// What was decided about the grant; the caller may have been told otherwise, or nothing.
    package enum Outcome: String, Codable, Sendable {
        /// A new pair took the place of the old one.
        case renewed
        case invalidGrant = "invalid_grant"
        case invalidClient = "invalid_client"
        case invalidRequest = "invalid_request"
        case unsupportedGrantType = "unsupported_grant_type"
    }

    /// 1 for the user's first.
    package let number: Int
    /// Microseconds since 1970, when the whole request had come.
    package let started: Int64
    /// Microseconds since 1970, just before the last of the answer went out; nil while in flight.
    package internal(set) var ended: Int64?
    package let grant: Grant
    /// Nil when the grant was not looked at, because the endpoint was told to fail.
    package internal(set) var outcome: Outcome?
    /// The name of the behaviour; `outage` while there is one.
    package let behaviour: String
    /// `1.1` or `2`.
    package let httpVersion: String
    /// Nil when no answer was sent.
    package internal(set) var status: Int?
    package internal(set) var ending: CallRecord.Ending
}
