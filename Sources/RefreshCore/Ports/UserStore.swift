/// Keeps the users, their schedule and their sealed tokens; the queue of the daemon.
///
/// Holds no rules: what becomes of a user is decided by the caller and written in one transaction. Everything written
/// is durable when the call returns, and a call runs to its end even if its task is cancelled meanwhile. Every error
/// is a `StoreProblem`.
///
/// A user stays leased until its lease is settled, released, recovered by another or gone with the user: the mere
/// passing of `until` frees nobody, for the call may still be running.
package protocol UserStore: Sendable {
    // MARK: The queue

    /// The earliest moment at which an unleased user falls due; nil when none ever will.
    func nextDue() async throws -> Timestamp?

    /// Leases up to `limit` users with `due <= now` that nobody holds, oldest first. Durable before it returns.
    func leaseDue(now: Timestamp, until: Timestamp, limit: Int) async throws -> [LeasedUser]

    /// Leases one user whatever its due moment or state.
    func lease(_ id: UserID, now: Timestamp, until: Timestamp) async throws -> Result<
        LeasedUser, LeaseRefusal
    >

    /// Writes what became of leased users and ends their leases, all in one transaction; one result for each, in order.
    ///
    /// State and record are written; group and token are not an attempt's to change.
    func settle(_ settlements: [Settlement]) async throws -> [SettlementResult]

    /// Ends a lease and leaves the user as it was: no call was made. A lease that is gone is ignored.
    func release(_ leases: [Lease]) async throws

    /// Leases that nobody will settle: for a store with one daemon, all that are open when it starts; for a shared one,
    /// those that expired before `now`. Each is re-leased to the caller until `until`, to be settled as `unknown`.
    func recoverLeases(now: Timestamp, until: Timestamp, limit: Int) async throws -> [RecoveredLease]

    // MARK: The users

    /// Adds users, or gives stored ones a new token; each row by itself, all in one transaction.
    ///
    /// A new user gets the first free place from its own on. `added` and `replaced` decide group, state and record;
    /// id, place, token version and expiry are the store's to set. Who is stored keeps its lease; its revision is raised.
    func put(
        _ users: [NewUser],
        added: @escaping @Sendable (NewUser, Place) -> User,
        replaced: @escaping @Sendable (NewUser, User) -> User
    ) async throws -> [PutResult]

    func user(_ id: UserID) async throws -> User?

    /// Users in the order of their ids, after `after`.
    func users(matching filter: UserFilter, after: UserID?, limit: Int) async throws -> [User]

    /// Reads, changes and writes one user in one transaction; nil when there is none. Raises its revision.
    func update(_ id: UserID, _ change: @escaping @Sendable (User) -> User) async throws -> User?

    /// Removes a user, its token and its record; false when there is none.
    func remove(_ id: UserID) async throws -> Bool

    /// Walks all users in the order of their places, `limit` at a time, and writes those that `change` alters, raising
    /// their revision. Returns where to go on, nil at the end.
    func rewrite(after: Place?, limit: Int, _ change: @escaping @Sendable (User) -> User?) async throws -> Place?

    func census(now: Timestamp) async throws -> Census

    /// When users fall due: `count` stretches of `width` each, from `from` on; users of groups other than `groups` are
    /// counted with those of none.
    ///
    /// Reads every user without holding up the queue, so users that change meanwhile may be counted as before or after.
    func dueHistogram(from: Timestamp, width: Duration, count: Int, groups: Set<GroupName>) async throws -> DueHistogram

    // MARK: The store itself

    /// The seed that users' places are computed with; random, fixed when the store was made.
    var seed: UInt64 { get }

    /// The latest wall time at which a daemon worked with this store; a clock that shows less was set back.
    func lastSeen() async throws -> Timestamp?
    func setLastSeen(_ now: Timestamp) async throws

    /// The operator's pause of the whole fleet, over or not; nil when there is none.
    func fleetPause() async throws -> FleetPause?
    func setFleetPause(_ pause: FleetPause?) async throws
}

/// A user as somebody brings it.
package struct NewUser: Equatable, Sendable {
    package let id: UserID
    package let group: GroupName?
    package let token: SealedToken
    package let expiresAt: Timestamp?

    package init(id: UserID, group: GroupName?, token: SealedToken, expiresAt: Timestamp?) {
        self.id = id
        self.group = group
        self.token = token
        self.expiresAt = expiresAt
    }
}

package enum PutResult: Equatable, Sendable {
    case added(User)
    /// Stored before; `previous` is the state it was in.
    case replaced(User, previous: UserState.Kind)
}

/// A lease left by a process that ended, now held by the caller.
package struct RecoveredLease: Equatable, Sendable {
    package let leased: LeasedUser
    /// When the lost process took it: its call began no sooner.
    package let leasedAt: Timestamp

    package init(leased: LeasedUser, leasedAt: Timestamp) {
        self.leased = leased
        self.leasedAt = leasedAt
    }
}

/// Which users to list; nil means any.
package struct UserFilter: Equatable, Sendable {
    package var state: UserState.Kind?
    package var outcome: OutcomeKind?
    package var group: GroupName?

    package init(state: UserState.Kind? = nil, outcome: OutcomeKind? = nil, group: GroupName? = nil) {
        self.state = state
        self.outcome = outcome
        self.group = group
    }
}

/// How many users stand where.
package struct Census: Equatable, Sendable {
    package var users = 0
    package var byState: [UserState.Kind: Int] = [:]
    /// Users that are due and not leased.
    package var overdue = 0
    package var leased = 0
    /// The earliest due moment of a user that is not leased, past or to come.
    package var oldestDue: Timestamp?

    package init() {}
}
