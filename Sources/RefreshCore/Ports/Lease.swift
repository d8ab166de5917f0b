/// The right to call for one user until a given time; it settles at most once.
package struct Lease: Equatable, Hashable, Sendable {
    /// The batch that the user was leased in, by which a store writes and fences leases.
    ///
    /// It is never reused for the same place, so a late settlement does not match the current holder's lease.
    package let id: Int64
    package let place: Place
    package let until: Timestamp

    package init(id: Int64, place: Place, until: Timestamp) {
        self.id = id
        self.place = place
        self.until = until
    }
}

/// A user leased for a call, with what the call needs.
///
/// A class, because it passes through many parts between the store and the call: all share one instance.
package final class LeasedUser: Equatable, Sendable {
    package let lease: Lease
    package let user: User
    package let token: SealedToken
    /// The refresh token for a renewal; nil if none is stored.
    package let refreshToken: SealedToken?
    /// Counts changes from outside (the operator, a new token); a settlement based on an older revision is redone.
    package let revision: Int64

    package init(
        lease: Lease, user: User, token: SealedToken, refreshToken: SealedToken? = nil, revision: Int64
    ) {
        self.lease = lease
        self.user = user
        self.token = token
        self.refreshToken = refreshToken
        self.revision = revision
    }

    package static func == (one: LeasedUser, other: LeasedUser) -> Bool {
        one.lease == other.lease && one.user == other.user && one.token == other.token
            && one.refreshToken == other.refreshToken && one.revision == other.revision
    }
}

/// The result of an attempt for a leased user.
///
/// A class, like `LeasedUser`, because many of them wait together.
package final class Settlement: Sendable {
    package let lease: Lease
    package let revision: Int64
    package let user: User
    /// Added to the user's history in the same transaction; nil if no call was made, or no history is kept.
    package let attempt: AttemptRecord?

    package init(lease: Lease, revision: Int64, user: User, attempt: AttemptRecord? = nil) {
        self.lease = lease
        self.revision = revision
        self.user = user
        self.attempt = attempt
    }
}

package enum SettlementResult: Equatable, Sendable {
    case settled
    /// The user changed meanwhile, and the lease still holds: decide again, based on this user.
    case changed(User, revision: Int64)
    /// The lease is gone (settled, expired and taken, or the user removed); nothing was written.
    case refused
}

/// Why a certain user could not be leased for a manual refresh.
package enum LeaseRefusal: Error, Equatable, Sendable {
    case noSuchUser
    case inFlight(until: Timestamp)
    /// The fleet's settings differ from this daemon's, which takes them over in a moment.
    case otherSettings
}
