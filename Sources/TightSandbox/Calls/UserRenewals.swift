/// The requests for tokens of one user.
package struct UserRenewals: Codable, Equatable, Sendable {
    package private(set) var count = 0
    /// Pairs that were handed out for them, whether or not the answer arrived.
    package private(set) var renewed = 0
    package private(set) var inFlight = 0
    package private(set) var maxConcurrent = 0
    /// Those that began while another of the same user was under way.
    package private(set) var overlapping = 0
    /// The latest, oldest first; all of them unless there were more than the sandbox keeps.
    package private(set) var renewals: [RenewalRecord] = []

    private enum CodingKeys: CodingKey {
        case count, renewed, inFlight, maxConcurrent, overlapping, renewals
    }

    mutating func begin(_ record: RenewalRecord, keeping limit: Int) {
        count += 1
        if inFlight > 0 { overlapping += 1 }
        inFlight += 1
        maxConcurrent = max(maxConcurrent, inFlight)
        // Dropped by the half, so that a long run copies each record once and not at every call.
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

    /// The same without the single records.
    func counts() -> UserRenewals {
        var copy = self
        copy.renewals = []
        return copy
    }

    private mutating func change(_ number: Int, _ body: (inout RenewalRecord) -> Void) {
        guard let first = renewals.first, renewals.indices.contains(number - first.number) else { return }
        body(&renewals[number - first.number])
    }
}

/// What the token endpoint has seen so far; never holds a token.
package struct RenewalLog: Codable, Equatable, Sendable {
    /// Requests, those in flight included.
    package var total = 0
    package var inFlight = 0
    package var maxConcurrent = 0
    /// Requests that began while another for the same user was under way: 0 where no user is renewed twice at once.
    package var overlapping = 0
    /// What was decided, by `RenewalRecord.Outcome`.
    package var outcomes: [String: Int] = [:]
    /// What requests met, by the name of the behaviour.
    package var behaviours: [String: Int] = [:]
    /// Requests that nobody's user could be found for.
    package var unattributed = UserRenewals()
    /// Those for whom tokens were asked, by user id.
    package var users: [String: UserRenewals] = [:]

    package init() {}
}

/// What was decided about one request for tokens when it came in.
struct RenewalOrder: Sendable {
    let request: TokenRequest
    /// Nil when it is nobody's.
    let user: Int?
    let number: Int
    let behaviour: Behaviour
    /// On top of what the behaviour itself takes.
    let latency: Duration
    /// Tells a request from before a reset from those after it.
    let generation: Int
    /// What it would have been told, where the tokens were traded before the answer's time.
    var settled: Answer?
}

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
