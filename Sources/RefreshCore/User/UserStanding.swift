/// A user's state in another store: everything that was known there besides its token.
///
/// A class since hardly any user that is brought has one, and it is many times as large as the rest.
package final class UserStanding: Equatable, Sendable {
    /// On the circle of the schedule; nil for the place that the store gives.
    package let place: Place?
    /// Nil if only the record of past calls is known.
    package let state: UserState?
    package let record: User.Record
    /// When its token was issued.
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
