/// A user as the store keeps it, without its token.
package struct User: Equatable, Sendable {
    package let id: UserID
    package let place: Place
    package var group: GroupName?
    package var state: UserState
    package var record: Record
    /// Counts the tokens the user has had, the first being 1.
    package var tokenVersion: Int64
    /// When the token expires, if the import or the issuer said so.
    package var tokenExpiresAt: Timestamp?
    package var renewal: Renewal

    package init(
        id: UserID,
        place: Place,
        group: GroupName? = nil,
        state: UserState,
        record: Record,
        tokenVersion: Int64 = 1,
        tokenExpiresAt: Timestamp? = nil,
        renewal: Renewal = Renewal()
    ) {
        self.id = id
        self.place = place
        self.group = group
        self.state = state
        self.record = record
        self.tokenVersion = tokenVersion
        self.tokenExpiresAt = tokenExpiresAt
        self.renewal = renewal
    }

    /// When and how often the token was, or is to be, exchanged for a new one.
    package struct Renewal: Equatable, Sendable {
        /// When renewal is tried next, ahead of expiry; nil if only after the token is refused.
        package var due: Timestamp?
        /// When the token was issued, if known: its lifetime starts then.
        package var issuedAt: Timestamp?
        /// Consecutive tries that failed for a temporary reason.
        package var failures: Int

        package init(due: Timestamp? = nil, issuedAt: Timestamp? = nil, failures: Int = 0) {
            self.due = due
            self.issuedAt = issuedAt
            self.failures = failures
        }
    }

    /// The record of past attempts, from which the next step is decided.
    package struct Record: Equatable, Sendable {
        /// The nominal time of the user's current or latest slot.
        package var slot: Timestamp
        /// Consecutive attempts that failed on the user's own account.
        package var failures = 0
        /// Tries of this slot in which the API was unreachable.
        package var outageTries = 0
        /// Waits in this slot that were not the user's fault: steps of the outage backoff.
        package var outageWaits = 0
        /// The last time at which a call may have reached the bank; the minimum interval starts here.
        package var reachedAt: Timestamp?
        /// The UTC day, since 1970-01-01, that `attemptsToday` counts.
        package var day: Int64 = 0
        /// Attempts of that day that may have reached the bank, scheduled and manual together.
        package var attemptsToday = 0
        package var lastSuccess: Timestamp?
        /// When the current run of failures began.
        package var failingSince: Timestamp?
        /// Nil unless Tight's latest answer refused the user's call with a permanent status.
        package var refusal: Refusal?
        package var lastAttempt: LastAttempt?

        package init(slot: Timestamp) {
            self.slot = slot
        }
    }

    package struct LastAttempt: Equatable, Sendable {
        package let at: Timestamp
        package let outcome: OutcomeKind
        package let httpStatus: Int?
        /// The message of Tight or the transport, sanitised and truncated; nil if there is nothing to add.
        package let reason: String?

        package init(at: Timestamp, outcome: OutcomeKind, httpStatus: Int?, reason: String?) {
            self.at = at
            self.outcome = outcome
            self.httpStatus = httpStatus
            self.reason = reason
        }
    }
}

extension User {
    /// The user with changes that were decided for it; its id and its place cannot change.
    package func with(_ decided: User) -> User {
        User(
            id: id, place: place, group: decided.group, state: decided.state, record: decided.record,
            tokenVersion: decided.tokenVersion, tokenExpiresAt: decided.tokenExpiresAt, renewal: decided.renewal)
    }
}

// A class, because few imported users have one, and it is many times as large as the rest.
/// A user's state and times in another store: everything that is known there except its token.
package final class UserStanding: Equatable, Sendable {
    /// The place on the circle of the schedule; nil to let the store choose.
    package let place: Place?
    /// Nil if only the record of past calls is known.
    package let state: UserState?
    package let record: User.Record
    package let tokenIssuedAt: Timestamp?

    package init(
        place: Place? = nil, state: UserState? = nil, record: User.Record, tokenIssuedAt: Timestamp? = nil
    ) {
        self.place = place
        self.state = state
        self.record = record
        self.tokenIssuedAt = tokenIssuedAt
    }

    package convenience init(_ user: User) {
        self.init(
            place: user.place, state: user.state, record: user.record, tokenIssuedAt: user.renewal.issuedAt)
    }

    package static func == (one: UserStanding, other: UserStanding) -> Bool {
        one.place == other.place && one.state == other.state && one.record == other.record
            && one.tokenIssuedAt == other.tokenIssuedAt
    }
}
