/// The new tokens of a leased user after a renewal.
package struct RenewalRecord: Equatable, Sendable {
    package let lease: Lease
    /// The version of the token that the renewal began from: if it is no longer the user's, nothing is written.
    package let tokenVersion: Int64
    /// Nil when there is no new token: only `renewal` is written.
    package let tokens: SealedPair?
    package let renewal: User.Renewal

    package init(lease: Lease, tokenVersion: Int64, tokens: SealedPair?, renewal: User.Renewal) {
        self.lease = lease
        self.tokenVersion = tokenVersion
        self.tokens = tokens
        self.renewal = renewal
    }

    package struct SealedPair: Equatable, Sendable {
        package let access: SealedToken
        /// Nil if the stored one stays valid.
        package let refresh: SealedToken?
        package let expiresAt: Timestamp?

        package init(access: SealedToken, refresh: SealedToken?, expiresAt: Timestamp?) {
            self.access = access
            self.refresh = refresh
            self.expiresAt = expiresAt
        }
    }
}

package enum RenewalWriting: Equatable, Sendable {
    /// Durable; this is the user with its current tokens, under the same lease.
    case written(LeasedUser)
    /// The token was replaced meanwhile: nothing was written, and this is the stored user.
    case superseded(LeasedUser)
    /// The lease is gone; nothing was written.
    case refused
}

/// The result of removing one user.
package enum Removal: String, Word {
    /// The user is removed, with everything that was stored about it.
    case removed
    case noSuchUser
    /// The user stays, because it was added since `unlessAddedSince`.
    case kept
}

/// Why a user did not get another id.
package enum RenameRefusal: Error, Equatable, Sendable {
    case noSuchUser
    /// Another user has that id.
    case taken
    /// A call or a renewal is in flight, and its result would be lost.
    case inFlight(until: Timestamp)
    /// The stored token is not the one that the row's basis names: decide again.
    case superseded
}

package struct StoreSpace: Equatable, Sendable {
    /// The size of all its files together.
    package let bytes: Int64
    /// Free pages, which the store reuses before the files grow.
    package let freeBytes: Int64
    /// The part of `bytes` in the log, which is copied into the main file again and again.
    package let logBytes: Int64

    package init(bytes: Int64, freeBytes: Int64, logBytes: Int64 = 0) {
        self.bytes = bytes
        self.freeBytes = freeBytes
        self.logBytes = logBytes
    }

    /// The size that the log is cut to once it is copied.
    package static let longestLog: Int64 = 64 << 20

    /// Whether the log has probably not been copied for long: SQLite does not report that, and the log keeps growing.
    package var isLogStuck: Bool { logBytes > Self.longestLog && logBytes * 2 > bytes - logBytes }
}

/// The result of one step of compacting a store, and where the next one starts.
package struct CompactionStep: Equatable, Sendable {
    package enum Next: Equatable, Sendable {
        /// From this mark on, which only the store can interpret.
        case after(String)
        case done
        /// The store cannot give back space while it is in use.
        case unable
    }

    package let next: Next
    /// How much of the pass is done, from 0 to 1.
    package let share: Double

    package init(next: Next, share: Double) {
        self.next = next
        self.share = share
    }
}

/// Users with a refresh token that was stored by a given time.
package struct RefreshTokenHolders: Equatable, Sendable {
    package var count: Int
    /// The first of them, by id.
    package var first: [UserID]

    package init(count: Int = 0, first: [UserID] = []) {
        self.count = count
        self.first = first
    }
}

/// An order of users other than that of their ids.
///
/// Equal users are in the order of their ids.
package enum UserOrder: String, Word {
    /// The user with the next call first; users that are not called last.
    case due
    /// The oldest last success first; before them, users without any.
    case lastSuccess = "last-success"
    /// The most failures in a row first.
    case failures
    /// The soonest token expiry first; users without a known expiry last.
    case expiry

    /// Smaller keys come first.
    package func key(of user: User) -> Int64 {
        switch self {
        case .due: user.state.due?.microsecondsSinceEpoch ?? .max
        case .lastSuccess: user.record.lastSuccess?.microsecondsSinceEpoch ?? .min
        case .failures: -Int64(user.record.failures)
        case .expiry: user.tokenExpiresAt?.microsecondsSinceEpoch ?? .max
        }
    }

    /// Sorts users by key, then by id.
    package func sorted(_ users: some Sequence<User>) -> [User] {
        users.map { (key: key(of: $0), user: $0) }
            .sorted { ($0.key, $0.user.id) < ($1.key, $1.user.id) }
            .map(\.user)
    }
}

/// A user's stored token, and the data that came with it.
package struct StoredToken: Equatable, Sendable {
    package let access: SealedToken
    package let refresh: SealedToken?
    /// As `User.tokenVersion`.
    package let version: Int64
    package let expiresAt: Timestamp?
    package let group: GroupName?
    /// When it was issued, as far as known.
    package let issuedAt: Timestamp?

    package init(
        access: SealedToken, refresh: SealedToken?, version: Int64, expiresAt: Timestamp?, group: GroupName?,
        issuedAt: Timestamp? = nil
    ) {
        self.access = access
        self.refresh = refresh
        self.version = version
        self.expiresAt = expiresAt
        self.group = group
        self.issuedAt = issuedAt
    }
}
