/// The token requests of one user.
package struct UserRenewals: Codable, Equatable, Sendable {
    package private(set) var count = 0
    /// The number of issued pairs, whether or not the answers arrived.
    package private(set) var renewed = 0
    package private(set) var inFlight = 0
    package private(set) var maxConcurrent = 0
    /// Requests that began while another one of the same user was in flight.
    package private(set) var overlapping = 0
    /// The latest requests, oldest first; all of them unless there were more than the sandbox keeps.
    package internal(set) var renewals: [RenewalRecord] = []

    mutating func begin(_ record: RenewalRecord, keeping limit: Int) {
        count += 1
        if inFlight > 0 { overlapping += 1 }
        inFlight += 1
        maxConcurrent = max(maxConcurrent, inFlight)
        // Half are dropped at once, so that a long run copies each record once and not at every call.
        if renewals.count >= 2 * limit { renewals.removeFirst(limit) }
        renewals.append(record)
    }

    mutating func settle(_ number: Int, _ outcome: RenewalRecord.Outcome) {
        if outcome == .renewed { renewed += 1 }
        change(number) { $0.outcome = outcome }
    }

    mutating func end(_ number: Int, at moment: Int64, _ ending: CallRecord.Ending, status: Int?) {
        inFlight -= 1
        change(number) { record in
            record.ended = moment
            record.ending = ending
            record.status = status
        }
    }

    private mutating func change(_ number: Int, _ body: (inout RenewalRecord) -> Void) {
        guard let first = renewals.first, renewals.indices.contains(number - first.number) else { return }
        body(&renewals[number - first.number])
    }
}

/// What the token endpoint has seen so far; never holds a token.
package struct RenewalLog: Codable, Equatable, Sendable {
    /// Requests, including those in flight.
    package var total = 0
    package var inFlight = 0
    package var maxConcurrent = 0
    /// Requests that began while another one for the same user was in flight: 0 if no user is renewed twice at once.
    package var overlapping = 0
    /// The decisions, by `RenewalRecord.Outcome`.
    package var outcomes: [String: Int] = [:]
    /// Requests, by the name of their behaviour.
    package var behaviours: [String: Int] = [:]
    /// Requests whose user is unknown.
    package var unattributed = UserRenewals()
    /// The users for whom tokens were requested, by id.
    package var users: [String: UserRenewals] = [:]

    package init() {}
}

/// One token request as the sandbox saw it; never contains a token.
package struct RenewalRecord: Codable, Equatable, Sendable {
    package enum Grant: String, Codable, Sendable {
        case refreshToken = "refresh_token"
        case clientCredentials = "client_credentials"
        /// Missing, unknown or incomplete.
        case none
    }

    /// The decision about the grant; the caller may have received another answer, or none.
    package enum Outcome: String, Codable, Sendable {
        /// A new pair replaced the old one.
        case renewed
        case invalidGrant = "invalid_grant"
        case invalidClient = "invalid_client"
        case invalidRequest = "invalid_request"
        case unsupportedGrantType = "unsupported_grant_type"
    }

    /// 1 for the user's first request.
    package let number: Int
    /// Microseconds since 1970, when the whole request had arrived.
    package let started: Int64
    /// Microseconds since 1970, just before the last part of the answer was sent; nil while in flight.
    package internal(set) var ended: Int64?
    package let grant: Grant
    /// Nil if the grant was not evaluated, because the endpoint was told to fail.
    package internal(set) var outcome: Outcome?
    /// The name of the behaviour; `outage` during one.
    package let behaviour: String
    /// `1.1` or `2`.
    package let httpVersion: String
    /// Nil if no answer was sent.
    package internal(set) var status: Int?
    package internal(set) var ending = CallRecord.Ending.inFlight
}
