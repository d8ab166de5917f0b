package import RefreshCore

/// The honest answer to a manual refresh of one user.
package struct RefreshReport: Codable, Sendable, Equatable {
    package enum Answer: String, Codable, Sendable {
        /// The call was made; `outcome` tells what came of it.
        case done
        /// Nothing was called; `reason` tells why and `until` how long that holds, where it ends by itself.
        case refused
        /// Nobody of this id is stored.
        case noSuchUser
    }

    package var userID: String
    package var answer: Answer
    package var outcome: OutcomeKind?
    package var httpStatus: Int?
    package var reason: String?
    /// RFC 3339, UTC.
    package var until: String?
    package var nextDue: String?
    package var durationMicroseconds: Int64?

    package init(
        userID: String,
        answer: Answer,
        outcome: OutcomeKind? = nil,
        httpStatus: Int? = nil,
        reason: String? = nil,
        until: String? = nil,
        nextDue: String? = nil,
        durationMicroseconds: Int64? = nil
    ) {
        self.userID = userID
        self.answer = answer
        self.outcome = outcome
        self.httpStatus = httpStatus
        self.reason = reason
        self.until = until
        self.nextDue = nextDue
        self.durationMicroseconds = durationMicroseconds
    }
}
