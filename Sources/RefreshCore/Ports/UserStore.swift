/// Stores the users, their schedule and their sealed tokens; the queue of the daemon.
///
/// It holds no rules: the caller decides what becomes of a user, and it is written in one transaction. Unless a call
/// says otherwise, everything it writes is durable when it returns, and it runs to its end even if its task is
/// cancelled.
///
/// Users that are leased together are one batch: they share the lease's id and end, and a store may write one row for
/// all of them. Each is settled, released or recovered by itself.
///
/// A user stays leased until its lease is settled, released or recovered, or the user is removed. An expired `until`
/// does not free the user, because the call may still be running. If a user is removed and added again meanwhile, a
/// store may keep it leased until the end of the lease, and recover it: the call may have reached its bank.
package protocol UserStore: Sendable {
    // MARK: The queue

    /// The earliest time at which an unleased user falls due; nil if none will.
    func nextDue() async throws(StoreProblem) -> Timestamp?

    /// Leases up to `limit` unleased users with `due <= now`, oldest first; durable before it returns.
    func leaseDue(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser]

    /// Leases users as `leaseDue` does, for probes of the API.
    ///
    /// Due users whose latest attempt was answered come first, those that the API refused come last; within each,
    /// oldest first. A store may look at the oldest 2,000 only.
    func leaseProbes(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser]

    /// Leases one user, whatever its due time or state.
    func lease(_ id: UserID, now: Timestamp, until: Timestamp) async throws(StoreProblem) -> Result<
        LeasedUser, LeaseRefusal
    >

    /// Writes the results of leased users and ends their leases in one transaction; one result for each, in order.
    ///
    /// It writes state, record and attempt; an attempt cannot change group and token.
    func settle(_ settlements: [Settlement]) async throws(StoreProblem) -> [SettlementResult]

    /// Ends leases without a call and leaves the users as they were; leases that are gone are ignored.
    func release(_ leases: [Lease]) async throws(StoreProblem)

    /// Takes over leases that no daemon will settle; the caller holds each until `until`, to settle it as `unknown`.
    ///
    /// For a store with one daemon, these are all leases that are open when it starts; for a shared store, those that
    /// expired before `now`.
    func recoverLeases(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [RecoveredLease]

    // MARK: Renewals

    /// The earliest time at which the token of an unleased user is to be renewed; nil if none is.
    func nextRenewal() async throws(StoreProblem) -> Timestamp?

    /// Leases up to `limit` unleased users whose renewal is due, whatever their state, for a renewal alone.
    ///
    /// If such a lease is recovered, it does not count as a call.
    func leaseRenewals(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser]

    /// Writes the result of a renewal in one transaction; the lease continues.
    ///
    /// It raises the token version, not the revision.
    func write(_ renewal: RenewalRecord) async throws(StoreProblem) -> RenewalWriting

    /// Users in the order of the known expiry of their tokens, earliest first, including parked users.
    func firstToExpire(limit: Int) async throws(StoreProblem) -> [User]

    // MARK: The users

    /// Adds users, or gives stored ones a new token; each row by itself, all in one transaction.
    ///
    /// A new user gets the first free place from its own on, or from its place in another store. `added` and `replaced`
    /// decide group, state, record and renewal; the store sets id, place, token version and expiry. A stored user keeps
    /// its lease, and its revision is raised. A row is skipped if the token version that it was decided from
    /// (`NewUser.basis`) has changed.
    func put(
        _ users: [NewUser],
        added: @escaping @Sendable (NewUser, Place) -> User,
        replaced: @escaping @Sendable (NewUser, User) -> User
    ) async throws(StoreProblem) -> [PutResult]

    func user(_ id: UserID) async throws(StoreProblem) -> User?

    /// The users' current tokens, in the order of `ids`; nil if there is no such user.
    ///
    /// Reads without holding up the queue.
    func tokens(of ids: [UserID]) async throws(StoreProblem) -> [StoredToken?]

    /// Users in the order of their ids, after `after`.
    func users(matching filter: UserFilter, after: UserID?, limit: Int) async throws(StoreProblem) -> [User]

    /// A line for each user, in the order of their ids, after `after`.
    ///
    /// `line` makes it from the user and all its attempts, newest first; from no attempts unless `histories` is true.
    /// It is called where rows are read, in any order and by several threads at once: this is for long pages.
    func lines(
        matching filter: UserFilter, after: UserID?, limit: Int, histories: Bool, _ line: @escaping UserLine
    ) async throws(StoreProblem) -> [[UInt8]]

    /// The ids of users alone, in their order, after `after`.
    func ids(after: UserID?, limit: Int) async throws(StoreProblem) -> [UserID]

    /// The first `limit` users in an order other than that of their ids.
    ///
    /// Reads every user without holding up the queue, so users that change meanwhile may appear as before or after.
    func users(matching filter: UserFilter, by order: UserOrder, limit: Int) async throws(StoreProblem) -> [User]

    /// Reads, changes and writes one user in one transaction and raises its revision; nil if there is no such user.
    func update(_ id: UserID, _ change: @escaping @Sendable (User) -> User) async throws(StoreProblem) -> User?

    /// Updates many users in one transaction.
    ///
    /// Returns the users in the order of `ids`, nil for an id without a user. A user for which `change` returns nil or
    /// no change keeps its revision.
    func update(_ ids: [UserID], _ change: @escaping @Sendable (User) -> User?) async throws(StoreProblem) -> [User?]

    /// Removes users, their tokens, records and histories in one transaction; one answer for each, in order.
    ///
    /// A user added at `moment` or later stays. Until `sweep` returns, the files may hold copies of what was removed.
    func remove(_ ids: [UserID], unlessAddedSince moment: Timestamp?) async throws(StoreProblem) -> [Removal]

    /// Overwrites the remains of removals in the files; returns at once if there are none.
    ///
    /// It takes a while, and lets other work run between its steps. It also sweeps what an ended process left.
    func sweep() async throws(StoreProblem)

    /// Gives a stored user the id and the tokens of `row` in one transaction; all other data stays.
    ///
    /// Its place becomes the first free one from the new id's own on. `moved` decides its new state, as in `update`.
    /// `row.basis` names the token version that the row was decided from. Until `sweep` returns, the files may hold the
    /// old id.
    func rename(
        _ id: UserID, to row: NewUser, moved: @escaping @Sendable (User) -> User
    ) async throws(StoreProblem) -> Result<User, RenameRefusal>

    /// How many users each group has, the largest group first, then by name; users without a group are not counted.
    func groupSizes() async throws(StoreProblem) -> [GroupSize]

    /// Passes up to `limit` users to `change`, in the order of their places; returns where to continue, nil at the end.
    ///
    /// Users that `change` alters are written, and their revision is raised. A store may call `change` more than once
    /// for a user; it writes the last result. If several daemons do the same at once, each user is written once.
    func rewrite(after: Place?, limit: Int, _ change: @escaping @Sendable (User) -> User?) async throws(StoreProblem)
        -> Place?

    func census(now: Timestamp) async throws(StoreProblem) -> Census

    /// Figures about all users at `now`; it counts expiring tokens only `withExpiry`.
    ///
    /// On a server this takes a few seconds at most, whatever its load: nil if the server answers but does not finish
    /// counting in that time; throws as soon if it does not answer.
    func figures(now: Timestamp, withExpiry: Bool) async throws(StoreProblem) -> StoreFigures?

    /// When users fall due, in `count` buckets of `width` each, from `from` on.
    ///
    /// Users of groups not in `groups` count with those without a group.
    ///
    /// Reads every user without holding up the queue, so users that change meanwhile may be counted as before or after.
    func dueHistogram(from: Timestamp, width: Duration, count: Int, groups: Set<GroupName>) async throws(StoreProblem)
        -> DueHistogram

    // MARK: The history

    /// A user's latest attempts that began before a moment, newest first; nil when there is no such user.
    func history(of id: UserID, before: Timestamp?, limit: Int) async throws(StoreProblem) -> [AttemptRecord]?

    /// A user's attempts from a moment on, by outcome; nil when there is no such user.
    func historyCounts(of id: UserID, since: Timestamp) async throws(StoreProblem) -> HistoryCounts?

    /// The attempts of all users, by outcome, in buckets of five minutes in order, from the bucket of `since` on.
    ///
    /// Buckets without attempts are left out; removed users and pruned histories still count.
    func attemptTallies(since: Timestamp) async throws(StoreProblem) -> [AttemptTally]

    /// One step of removing attempts beyond `bounds`: up to `limit` attempts, of up to `limit` users after a place.
    ///
    /// The newest attempts of a user always stay, unless `bounds` keep none. Reads without holding up the queue.
    func pruneHistory(to bounds: HistoryBounds, now: Timestamp, after: Place?, limit: Int) async throws(StoreProblem)
        -> PruningStep

    /// The state of all users, for alerts; nil if its task is cancelled before all are counted.
    ///
    /// Reads every user without holding up the queue, like `dueHistogram`.
    func survey(_ question: FleetSurvey.Question) async throws(StoreProblem) -> FleetSurvey?

    /// How many users are refused, and how many there are.
    ///
    /// Counts users in a run of refusals (`User.Record.refusal`) that are scheduled or backing off, and users that were
    /// parked for it at `parkedSince` or later.
    func refusalCount(parkedSince: Timestamp) async throws(StoreProblem) -> RefusalCount

    /// Users whose token expires later than `after`, and at `until` at the latest.
    func tokensExpiring(after: Timestamp, until: Timestamp) async throws(StoreProblem) -> Int

    /// Of those, users that are not parked and have no renewal planned: Tight refused it, or none is attempted.
    func unrenewedTokensExpiring(after: Timestamp, until: Timestamp) async throws(StoreProblem) -> Int

    // MARK: The store itself

    /// The alerts that are raised, so that a restart neither repeats one nor forgets its end.
    func raisedAlerts() async throws(StoreProblem) -> [Alert]
    func setRaisedAlerts(_ alerts: [Alert]) async throws(StoreProblem)

    /// The seed that users' places are computed with; random, fixed when the store was made.
    var seed: UInt64 { get }

    /// The clock mark that the latest daemon left in this store; nil if none did.
    func clockMark() async throws(StoreProblem) -> ClockMark?
    func setClockMark(_ mark: ClockMark) async throws(StoreProblem)

    /// The state of the fleet, for a process that is not a member; nil if one daemon has the store to itself.
    func fleetState() async throws(StoreProblem) -> FleetState?

    /// The fleet's settings; nil if there are none.
    func fleetSettings() async throws(StoreProblem) -> FleetSettings?

    /// The operator's pause of the whole fleet, over or not; nil when there is none.
    func fleetPause() async throws(StoreProblem) -> FleetPause?
    func setFleetPause(_ pause: FleetPause?) async throws(StoreProblem)

    /// Throws if the store is no longer at its path, as after its file was moved away or replaced.
    ///
    /// The open store then still answers reads; it takes no writes until the same file is back.
    func verifyPlace() async throws(StoreProblem)

    /// The disk space of the store, found quickly for any number of users; nil if it uses no disk of this machine.
    func space() async throws(StoreProblem) -> StoreSpace?

    /// One step of giving back unused disk space, which takes about half a second; a nil `mark` begins.
    ///
    /// Cancelling its task ends the step early. It holds up the queue for some milliseconds at a time, changes nothing
    /// that is stored, and waits while a copy is made.
    func compact(after mark: String?) async throws(StoreProblem) -> CompactionStep

    /// Set if the store came from a backup, or was reopened after a move; nil otherwise.
    func restoration() async throws(StoreProblem) -> StoreRestoration?
    func setRestoration(_ restoration: StoreRestoration) async throws(StoreProblem)

    /// Users with a refresh token that was stored by `moment`, and the first of them.
    func refreshTokenHolders(storedBy moment: Timestamp, limit: Int) async throws(StoreProblem) -> RefreshTokenHolders
}

extension UserStore {
    package func fleetState() async throws(StoreProblem) -> FleetState? { nil }
    package func fleetSettings() async throws(StoreProblem) -> FleetSettings? { nil }

    package typealias UserLine = @Sendable (User, [AttemptRecord]) -> [UInt8]
}

/// A user to be stored, as an import brings it.
package struct NewUser: Equatable, Sendable {
    package let id: UserID
    package let group: GroupName?
    package let token: SealedToken
    /// Replaces the stored one, even by nil, because that belongs to the previous token.
    package let refreshToken: SealedToken?
    package let expiresAt: Timestamp?
    /// The version of the stored token that this was decided from, 0 if none was stored; nil if it does not matter.
    package let basis: Int64?
    /// The user's state in another store; nil if that is not known.
    package let standing: UserStanding?

    package init(
        id: UserID, group: GroupName?, token: SealedToken, refreshToken: SealedToken? = nil, expiresAt: Timestamp?,
        basis: Int64? = nil, standing: UserStanding? = nil
    ) {
        self.id = id
        self.group = group
        self.token = token
        self.refreshToken = refreshToken
        self.expiresAt = expiresAt
        self.basis = basis
        self.standing = standing
    }
}

package enum PutResult: Equatable, Sendable {
    case added(User)
    /// Stored before; `previous` is the state it was in.
    case replaced(User, previous: UserState.Kind)
    /// The stored token is not the one that `basis` names; nothing was written: decide again.
    case superseded
}

/// A lease left by a process that ended, now held by the caller.
package struct RecoveredLease: Equatable, Sendable {
    package let leased: LeasedUser
    /// When the lost process took the lease: its call began no sooner.
    package let leasedAt: Timestamp
    /// False if the user was leased for a renewal alone: no call can have been made.
    package let isForCall: Bool
    /// Whether the holder may resume: another daemon, which may have been frozen together with its clock.
    package let isForeign: Bool
    /// Whether no holder is known: another server took over the store, and may lack the lease.
    package let isDoubted: Bool

    package init(
        leased: LeasedUser, leasedAt: Timestamp, isForCall: Bool = true, isForeign: Bool = false,
        isDoubted: Bool = false
    ) {
        self.leased = leased
        self.leasedAt = leasedAt
        self.isForCall = isForCall
        self.isForeign = isForeign
        self.isDoubted = isDoubted
    }

    /// The attempt that may have been made under the lease, given up at `now`.
    package func attempt(endedAt now: Timestamp) -> Attempt {
        var attempt = Attempt(
            outcome: .unknown(isDoubted ? .failover : .crash), httpStatus: nil, trigger: .schedule, startedAt: leasedAt,
            endedAt: now,
            duration: max(.zero, leasedAt.duration(to: now)))
        if isForeign { attempt.delay = .minutes(10) }
        return attempt
    }
}

/// Which users to list; nil means any.
package struct UserFilter: Equatable, Sendable {
    package var state: UserState.Kind?
    /// Only users that are parked for this.
    package var parkReason: ParkReason?
    package var outcome: OutcomeKind?
    package var group: GroupName?
    /// Only users that were not refreshed since this time.
    ///
    /// A user without any success counts from its first failure, and a user without a call from its first due time.
    package var notRefreshedSince: Timestamp?
    /// Only users whose token is known to expire before this moment.
    package var expiringBefore: Timestamp?

    package static let all = UserFilter()

    package func matches(_ user: User) -> Bool {
        if let state, user.state.kind != state { return false }
        if let parkReason {
            guard case .parked(parkReason, _) = user.state else { return false }
        }
        if let outcome, user.record.lastAttempt?.outcome != outcome { return false }
        if let group, user.group != group { return false }
        if let moment = notRefreshedSince {
            let since = user.record.lastSuccess ?? user.record.failingSince ?? user.record.slot
            if since >= moment { return false }
        }
        if let moment = expiringBefore {
            guard let expiry = user.tokenExpiresAt, expiry < moment else { return false }
        }
        return true
    }
}

/// How many users are in each state.
package struct Census: Equatable, Sendable {
    package var users = 0
    package var byState: [UserState.Kind: Int] = [:]
    /// The parked users by reason.
    package var byParkReason: [ParkReason: Int] = [:]
    /// Users that are due and not leased.
    package var overdue = 0
    package var leased = 0
    /// The earliest due time of an unleased user, past or future.
    package var oldestDue: Timestamp?

    package init() {}
}
