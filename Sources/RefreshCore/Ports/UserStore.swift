/// Stores the users, their schedule and their sealed tokens; the queue of the daemon.
///
/// Holds no rules: what becomes of a user is decided by the caller and written in one transaction. Everything written
/// is durable when the call returns, and a call runs to its end even if its task is cancelled meanwhile, unless it says
/// otherwise.
///
/// Users that are leased together are one batch: they share the lease's id and end, and a store may write one row for all
/// of them. Each settles, is released or is recovered by itself.
///
/// A user stays leased until its lease is settled, released or recovered, or the user is removed. An expired `until`
/// does not free the user, because the call may still be running. If a user is removed and added again meanwhile, a
/// store may keep it leased until the end of the lease, and recover it: the call may have reached its bank.
package protocol UserStore: Sendable {
    // MARK: The queue

    /// The earliest moment at which an unleased user falls due; nil when none ever will.
    func nextDue() async throws(StoreProblem) -> Timestamp?

    /// Leases up to `limit` users with `due <= now` that nobody holds, oldest first. Durable before it returns.
    func leaseDue(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser]

    /// As `leaseDue`, for probes of the API: first the due users whose latest attempt was answered, last those that it
    /// refused; oldest first within each.
    ///
    /// A store may look at the oldest 2,000 only.
    func leaseProbes(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser]

    /// Leases one user whatever its due moment or state.
    func lease(_ id: UserID, now: Timestamp, until: Timestamp) async throws(StoreProblem) -> Result<
        LeasedUser, LeaseRefusal
    >

    /// Writes the results of leased users and ends their leases in one transaction; one result for each, in order.
    ///
    /// State, record and the attempt are written; group and token are not an attempt's to change.
    func settle(_ settlements: [Settlement]) async throws(StoreProblem) -> [SettlementResult]

    /// Ends a lease and leaves the user as it was: no call was made. A lease that is gone is ignored.
    func release(_ leases: [Lease]) async throws(StoreProblem)

    /// Leases that nobody will settle: for a store with one daemon, all that are open when it starts; for a shared one,
    /// those that expired before `now`. Each is re-leased to the caller until `until`, to be settled as `unknown`.
    func recoverLeases(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [RecoveredLease]

    // MARK: Renewals

    /// The earliest moment at which the token of an unleased user is to be renewed; nil when none is.
    func nextRenewal() async throws(StoreProblem) -> Timestamp?

    /// Leases up to `limit` users whose renewal is due and whom nobody holds, whatever their state, for a renewal alone:
    /// recovered, such a lease is no call.
    func leaseRenewals(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser]

    /// Writes what a renewal brought, in one transaction; the lease goes on. Raises the token version, not the revision.
    func write(_ renewal: RenewalRecord) async throws(StoreProblem) -> RenewalWriting

    /// Users with the earliest known expiry of their tokens, parked ones too, in its order.
    func firstToExpire(limit: Int) async throws(StoreProblem) -> [User]

    // MARK: The users

    /// Adds users, or gives stored ones a new token; each row by itself, all in one transaction.
    ///
    /// A new user gets the first free place from its own on, or from its place in another store. `added` and `replaced`
    /// decide group, state, record and renewal; the store sets id, place, token version and expiry. A stored user keeps
    /// its lease, and its revision is incremented. A row is skipped if the token version it was decided from
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

    /// A line for each user, in the order of their ids, after `after`: what `line` makes of the user and of all its
    /// attempts, newest first; of none of them unless `histories` are asked for.
    ///
    /// For long pages: `line` is called where rows are read, in any order and by several threads at once.
    func lines(
        matching filter: UserFilter, after: UserID?, limit: Int, histories: Bool, _ line: @escaping UserLine
    ) async throws(StoreProblem) -> [[UInt8]]

    /// The ids of users alone, in their order, after `after`.
    func ids(after: UserID?, limit: Int) async throws(StoreProblem) -> [UserID]

    /// The first `limit` users in an order other than that of their ids.
    ///
    /// Reads every user without holding up the queue, so users that change meanwhile may stand as before or after.
    func users(matching filter: UserFilter, by order: UserOrder, limit: Int) async throws(StoreProblem) -> [User]

    /// Reads, changes and writes one user in one transaction; nil when there is none. Raises its revision.
    func update(_ id: UserID, _ change: @escaping @Sendable (User) -> User) async throws(StoreProblem) -> User?

    /// As `update` of one user, for many in one transaction. Users for which `change` returns nil or no change keep
    /// their revision.
    ///
    /// Returns the users as they stand, in the order of `ids`; nil where there is none.
    func update(_ ids: [UserID], _ change: @escaping @Sendable (User) -> User?) async throws(StoreProblem) -> [User?]

    /// Removes users, their tokens, records and histories in one transaction; one answer for each, in order.
    ///
    /// Who was added at `moment` or later stays. Until `sweep` returns, the files may hold copies of what was removed.
    func remove(_ ids: [UserID], unlessAddedSince moment: Timestamp?) async throws(StoreProblem) -> [Removal]

    /// Overwrites the remains of removals in the files; returns at once if there are none.
    ///
    /// Takes its time, with room for others between its steps. What a process that ended left is swept too.
    func sweep() async throws(StoreProblem)

    /// Gives a stored user the id of `row`, its tokens and the first free place from the id's own on, in one
    /// transaction; all other data stays. `moved` decides the user's new state, as in `update`.
    ///
    /// `row.basis` names the token version that it was decided from. Until `sweep` returns, the files may hold the old
    /// id.
    func rename(
        _ id: UserID, to row: NewUser, moved: @escaping @Sendable (User) -> User
    ) async throws(StoreProblem) -> Result<User, RenameRefusal>

    /// How many users name which group, the largest group first, then by name; who names none is not counted.
    func groupSizes() async throws(StoreProblem) -> [GroupSize]

    /// Walks all users in the order of their places, `limit` at a time, and writes those that `change` alters, raising
    /// their revision. Returns where to go on, nil at the end.
    ///
    /// A store may ask for a user more than once; what comes of the last time is written. Where several daemons do the same at
    /// once, each user is written once.
    func rewrite(after: Place?, limit: Int, _ change: @escaping @Sendable (User) -> User?) async throws(StoreProblem)
        -> Place?

    func census(now: Timestamp) async throws(StoreProblem) -> Census

    /// What is shown of all users at `now`; tokens that expire only `withExpiry`.
    ///
    /// Takes a server a few seconds at most, whatever else it is asked: nil where it answers, but does not count in that time;
    /// throws as soon where it does not answer.
    func figures(now: Timestamp, withExpiry: Bool) async throws(StoreProblem) -> StoreFigures?

    /// When users fall due: `count` buckets of `width` each, from `from` on. Users of groups other than `groups` count
    /// with those without a group.
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

    /// How users fare, for alerts; nil when its task is cancelled before all are counted.
    ///
    /// Reads every user without holding up the queue, as `dueHistogram`.
    func survey(_ question: FleetSurvey.Question) async throws(StoreProblem) -> FleetSurvey?

    /// Users in a run of refusals (`User.Record.refusal`) who are scheduled or backing off, and those who were parked for
    /// it at `parkedSince` or later; and how many users there are.
    func refusalCount(parkedSince: Timestamp) async throws(StoreProblem) -> RefusalCount

    /// Users whose token expires after one moment and not after the other.
    func tokensExpiring(after: Timestamp, until: Timestamp) async throws(StoreProblem) -> Int

    /// Of those, who is not parked and for whose token no renewal is planned: Tight refused it, or nobody tries.
    func unrenewedTokensExpiring(after: Timestamp, until: Timestamp) async throws(StoreProblem) -> Int

    // MARK: The store itself

    /// The alerts that are raised, so that a restart neither repeats one nor forgets its end.
    func raisedAlerts() async throws(StoreProblem) -> [Alert]
    func setRaisedAlerts(_ alerts: [Alert]) async throws(StoreProblem)

    /// The seed that users' places are computed with; random, fixed when the store was made.
    var seed: UInt64 { get }

    /// What the latest daemon that worked with this store left of the clocks; nil where none did.
    func clockMark() async throws(StoreProblem) -> ClockMark?
    func setClockMark(_ mark: ClockMark) async throws(StoreProblem)

    /// How the daemons that share this store stand, for whoever is none of them; nil where one daemon has it to itself.
    func fleetState() async throws(StoreProblem) -> FleetState?

    /// The settings that these daemons have in common; nil where there are none.
    func fleetSettings() async throws(StoreProblem) -> FleetSettings?

    /// The operator's pause of the whole fleet, over or not; nil when there is none.
    func fleetPause() async throws(StoreProblem) -> FleetPause?
    func setFleetPause(_ pause: FleetPause?) async throws(StoreProblem)

    /// Throws when the store is not where its path leads any more, as after its file was moved away or replaced.
    ///
    /// What is open still answers questions then; it takes no writes until the same file is back.
    func verifyPlace() async throws(StoreProblem)

    /// What the store takes of its disk, found out in a moment however many users there are; nil where it takes none of ours.
    func space() async throws(StoreProblem) -> StoreSpace?

    /// One step of giving back what the store takes of its disk and does not need, in about half a second; nil begins.
    /// A task that is cancelled ends its step early.
    ///
    /// Holds up the queue for some milliseconds at a time. Changes nothing that is stored; waits while a copy is made.
    func compact(after mark: String?) async throws(StoreProblem) -> CompactionStep

    /// That the store came from a backup; nil when it did not.
    func restoration() async throws(StoreProblem) -> StoreRestoration?
    func setRestoration(_ restoration: StoreRestoration) async throws(StoreProblem)

    /// Users with a refresh token that was stored by `moment`, and the first of them.
    func refreshTokenHolders(storedBy moment: Timestamp, limit: Int) async throws(StoreProblem) -> RefreshTokenHolders
}

extension UserStore {
    package func fleetState() async throws(StoreProblem) -> FleetState? { nil }
    package func fleetSettings() async throws(StoreProblem) -> FleetSettings? { nil }

    package typealias UserLine = @Sendable (User, [AttemptRecord]) -> [UInt8]

    /// Removes one user and sweeps; false when there is none.
    package func remove(_ id: UserID) async throws(StoreProblem) -> Bool {
        let removals = try await remove([id], unlessAddedSince: nil)
        try await sweep()
        return removals == [.removed]
    }
}

/// A user as an import brings it.
package struct NewUser: Equatable, Sendable {
    package let id: UserID
    package let group: GroupName?
    package let token: SealedToken
    /// Replaces the one that is stored, as nil too: it belongs to the token before.
    package let refreshToken: SealedToken?
    package let expiresAt: Timestamp?
    /// The version of the stored token that this was decided from, 0 where none was stored; nil where neither matters.
    package let basis: Int64?
    /// Its state in another store; nil if that is not known.
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
    /// The stored token is not the one that `basis` names; nothing was written. Decide again.
    case superseded
}

/// A lease left by a process that ended, now held by the caller.
package struct RecoveredLease: Equatable, Sendable {
    package let leased: LeasedUser
    /// When the lost process took it: its call began no sooner.
    package let leasedAt: Timestamp
    /// False when it was leased for a renewal alone: no call can have been made.
    package let isForCall: Bool
    /// Whether its holder may go on: another daemon, which may have been stopped together with its clock.
    package let isForeign: Bool
    /// Whether nobody is known to have had it: it may be missing since another server took over the store.
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

    /// The attempt that may have been made under it, given up at `now`.
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
    /// Only users that were not refreshed since this time; a user without any success counts from its first failure,
    /// and a user without a call from its first due time.
    package var notRefreshedSince: Timestamp?
    /// Only users whose token is known to expire before this moment.
    package var expiringBefore: Timestamp?

    package init(
        state: UserState.Kind? = nil, parkReason: ParkReason? = nil, outcome: OutcomeKind? = nil,
        group: GroupName? = nil,
        notRefreshedSince: Timestamp? = nil, expiringBefore: Timestamp? = nil
    ) {
        self.state = state
        self.parkReason = parkReason
        self.outcome = outcome
        self.group = group
        self.notRefreshedSince = notRefreshedSince
        self.expiringBefore = expiringBefore
    }

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

/// How many users stand where.
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
