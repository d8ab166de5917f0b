package import RefreshCore
import Synchronization

/// A store in memory that keeps every promise but durability, and never suspends: simulations stay deterministic.
///
/// Belongs to one daemon, as SQLite's does: `reopened()` is the same store in the hands of the daemon's next life.
/// `shared()` is the same store in the hands of another daemon: it takes up only leases that have expired.
package final class MemoryUserStore: UserStore {
    /// What every opening of the store shares.
    final class Storage: Sendable {
        let contents: Mutex<MemoryUserStoreContents>

        init(seed: UInt64, placing: @escaping @Sendable (UserID) -> Place) {
            contents = Mutex(MemoryUserStoreContents(seed: seed, placing: placing))
        }
    }

    package let seed: UInt64
    private let storage: Storage
    /// Which opening of the store this is; leases of others were left by a life that ended.
    private let holder: Int
    private let isShared: Bool
    /// Whether claims bring anybody.
    private let mayClaim: @Sendable () -> Bool

    /// `placing` gives users other places than their own, for tests of what happens when two want the same.
    package convenience init(seed: UInt64 = 1, placing: (@Sendable (UserID) -> Place)? = nil) {
        self.init(storage: Storage(seed: seed, placing: placing ?? { Place(of: $0, seed: seed) }), seed: seed)
    }

    private init(
        storage: Storage, seed: UInt64, isShared: Bool = false, mayClaim: @escaping @Sendable () -> Bool = { true }
    ) {
        self.storage = storage
        self.mayClaim = mayClaim
        self.seed = seed
        self.isShared = isShared
        holder = storage.contents.withLock { $0.open() }
    }

    package func reopened() -> MemoryUserStore {
        MemoryUserStore(storage: storage, seed: seed)
    }

    /// Claims bring somebody while `mayClaim`.
    package func shared(mayClaim: @escaping @Sendable () -> Bool = { true }) -> MemoryUserStore {
        MemoryUserStore(storage: storage, seed: seed, isShared: true, mayClaim: mayClaim)
    }

    // MARK: The queue

    package func nextDue() async throws(StoreProblem) -> Timestamp? {
        storage.contents.withLock { $0.firstDue()?.due }
    }

    package func leaseDue(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser] {
        mayClaim()
            ? storage.contents.withLock { $0.leaseDue(now: now, until: until, limit: limit, holder: holder) } : []
    }

    package func leaseProbes(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser] {
        mayClaim()
            ? storage.contents.withLock { $0.leaseProbes(now: now, until: until, limit: limit, holder: holder) } : []
    }

    package func lease(
        _ id: UserID,
        now: Timestamp,
        until: Timestamp
    ) async throws(StoreProblem) -> Result<LeasedUser, LeaseRefusal> {
        guard mayClaim() else { return .failure(.otherSettings) }
        return storage.contents.withLock { $0.lease(id, now: now, until: until, holder: holder) }
    }

    package func settle(_ settlements: [Settlement]) async throws(StoreProblem) -> [SettlementResult] {
        storage.contents.withLock { contents in settlements.map { contents.settle($0) } }
    }

    package func release(_ leases: [Lease]) async throws(StoreProblem) {
        storage.contents.withLock { contents in leases.forEach { contents.release($0) } }
    }

    package func recoverLeases(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem)
        -> [RecoveredLease]
    {
        let expiredBy = isShared ? now : nil
        return storage.contents.withLock {
            $0.recoverLeases(now: now, until: until, limit: limit, holder: holder, expiredBy: expiredBy)
        }
    }

    // MARK: Renewals

    package func nextRenewal() async throws(StoreProblem) -> Timestamp? {
        storage.contents.withLock { $0.nextRenewal() }
    }

    package func leaseRenewals(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser]
    {
        mayClaim()
            ? storage.contents.withLock { $0.leaseRenewals(now: now, until: until, limit: limit, holder: holder) } : []
    }

    package func write(_ renewal: RenewalRecord) async throws(StoreProblem) -> RenewalWriting {
        storage.contents.withLock { $0.write(renewal) }
    }

    package func firstToExpire(limit: Int) async throws(StoreProblem) -> [User] {
        storage.contents.withLock { $0.firstToExpire(limit: limit) }
    }

    // MARK: The users

    package func put(
        _ users: [NewUser],
        added: @escaping @Sendable (NewUser, Place) -> User,
        replaced: @escaping @Sendable (NewUser, User) -> User
    ) async throws(StoreProblem) -> [PutResult] {
        storage.contents.withLock { contents in
            users.map { contents.put($0, added: added, replaced: replaced) }
        }
    }

    package func user(_ id: UserID) async throws(StoreProblem) -> User? {
        storage.contents.withLock { $0.user(id) }
    }

    package func tokens(of ids: [UserID]) async throws(StoreProblem) -> [StoredToken?] {
        storage.contents.withLock { contents in ids.map { contents.token(of: $0) } }
    }

    package func users(matching filter: UserFilter, after: UserID?, limit: Int) async throws(StoreProblem) -> [User] {
        storage.contents.withLock { $0.users(matching: filter, after: after, limit: limit) }
    }

    package func users(matching filter: UserFilter, by order: UserOrder, limit: Int) async throws(StoreProblem)
        -> [User]
    {
        storage.contents.withLock { $0.users(matching: filter, by: order, limit: limit) }
    }

    package func update(_ id: UserID, _ change: @escaping @Sendable (User) -> User) async throws(StoreProblem) -> User?
    {
        storage.contents.withLock { $0.update(id, change) }
    }

    package func update(_ ids: [UserID], _ change: @escaping @Sendable (User) -> User?) async throws(StoreProblem)
        -> [User?]
    {
        storage.contents.withLock { $0.update(ids, change) }
    }

    package func remove(_ ids: [UserID], unlessAddedSince moment: Timestamp?) async throws(StoreProblem) -> [Removal] {
        storage.contents.withLock { contents in ids.map { contents.remove($0, unlessAddedSince: moment) } }
    }

    package func sweep() async throws(StoreProblem) {}

    package func ids(after: UserID?, limit: Int) async throws(StoreProblem) -> [UserID] {
        try await users(matching: .all, after: after, limit: limit).map(\.id)
    }

    package func rename(
        _ id: UserID, to row: NewUser, moved: @escaping @Sendable (User) -> User
    ) async throws(StoreProblem) -> Result<User, RenameRefusal> {
        storage.contents.withLock { $0.rename(id, to: row, moved: moved) }
    }

    package func space() async throws(StoreProblem) -> StoreSpace? { nil }

    package func compact(after mark: String?) async throws(StoreProblem) -> CompactionStep {
        CompactionStep(next: .done, share: 1)
    }

    package func groupSizes() async throws(StoreProblem) -> [GroupSize] {
        storage.contents.withLock { $0.groupSizes() }
    }

    package func rewrite(
        after: Place?,
        limit: Int,
        _ change: @escaping @Sendable (User) -> User?
    ) async throws(StoreProblem) -> Place? {
        storage.contents.withLock { $0.rewrite(after: after, limit: limit, change) }
    }

    package func census(now: Timestamp) async throws(StoreProblem) -> Census {
        storage.contents.withLock { $0.census(now: now) }
    }

    package func dueHistogram(
        from: Timestamp, width: Duration, count: Int, groups: Set<GroupName>
    ) async throws(StoreProblem) -> DueHistogram {
        storage.contents.withLock { contents in
            var histogram = DueHistogram(from: from, width: width, count: count)
            contents.countDue(in: &histogram, groups: groups)
            return histogram
        }
    }

    // MARK: The history

    package func history(of id: UserID, before: Timestamp?, limit: Int) async throws(StoreProblem) -> [AttemptRecord]? {
        storage.contents.withLock { contents in
            contents.place(of: id).map { contents.history.newest(at: $0, before: before, limit: limit) }
        }
    }

    package func lines(
        matching filter: UserFilter, after: UserID?, limit: Int, histories: Bool, _ line: @escaping UserLine
    ) async throws(StoreProblem) -> [[UInt8]] {
        let users = try await users(matching: filter, after: after, limit: limit)
        return storage.contents.withLock { contents in
            users.map { line($0, histories ? contents.history.newest(at: $0.place, before: nil, limit: .max) : []) }
        }
    }

    package func historyCounts(of id: UserID, since: Timestamp) async throws(StoreProblem) -> HistoryCounts? {
        storage.contents.withLock { contents in
            contents.place(of: id).map { contents.history.counts(at: $0, since: since) }
        }
    }

    package func attemptTallies(since: Timestamp) async throws(StoreProblem) -> [AttemptTally] {
        storage.contents.withLock { $0.history.tallies(since: since) }
    }

    package func pruneHistory(
        to bounds: HistoryBounds, now: Timestamp, after: Place?, limit: Int
    ) async throws(StoreProblem) -> PruningStep {
        storage.contents.withLock { $0.pruneHistory(to: bounds, now: now, after: after, limit: limit) }
    }

    package func survey(_ question: FleetSurvey.Question) async throws(StoreProblem) -> FleetSurvey? {
        storage.contents.withLock { $0.survey(question) }
    }

    package func refusalCount(parkedSince: Timestamp) async throws(StoreProblem) -> RefusalCount {
        storage.contents.withLock { $0.refusalCount(parkedSince: parkedSince) }
    }

    package func tokensExpiring(after: Timestamp, until: Timestamp) async throws(StoreProblem) -> Int {
        storage.contents.withLock { $0.tokensExpiring(after: after, until: until) }
    }

    package func unrenewedTokensExpiring(after: Timestamp, until: Timestamp) async throws(StoreProblem) -> Int {
        storage.contents.withLock { $0.unrenewedTokensExpiring(after: after, until: until) }
    }

    // MARK: The store itself

    package func raisedAlerts() async throws(StoreProblem) -> [Alert] {
        storage.contents.withLock { $0.raisedAlerts }
    }

    package func setRaisedAlerts(_ alerts: [Alert]) async throws(StoreProblem) {
        storage.contents.withLock { $0.raisedAlerts = alerts }
    }

    package func clockMark() async throws(StoreProblem) -> ClockMark? {
        storage.contents.withLock { $0.clockMark }
    }

    package func setClockMark(_ mark: ClockMark) async throws(StoreProblem) {
        storage.contents.withLock { $0.clockMark = mark }
    }

    package func fleetPause() async throws(StoreProblem) -> FleetPause? {
        storage.contents.withLock { $0.fleetPause }
    }

    package func setFleetPause(_ pause: FleetPause?) async throws(StoreProblem) {
        storage.contents.withLock { $0.fleetPause = pause }
    }

    package func verifyPlace() async throws(StoreProblem) {}

    package func restoration() async throws(StoreProblem) -> StoreRestoration? {
        storage.contents.withLock { $0.restoration }
    }

    package func setRestoration(_ restoration: StoreRestoration) async throws(StoreProblem) {
        storage.contents.withLock { $0.restoration = restoration }
    }

    package func refreshTokenHolders(storedBy moment: Timestamp, limit: Int) async throws(StoreProblem)
        -> RefreshTokenHolders
    {
        storage.contents.withLock { $0.refreshTokenHolders(storedBy: moment, limit: limit) }
    }
}

extension MemoryUserStore: SealedTokenKeeping {
    package func marks() async throws(StoreProblem) -> StoreMarks {
        storage.contents.withLock { contents in
            var marks = contents.marks
            marks.hasUsers = contents.hasUsers
            return marks
        }
    }

    package func setKeyChecks(_ checks: [SealedToken], replacing old: [SealedToken]) async throws(StoreProblem) -> Bool
    {
        storage.contents.withLock { contents in
            guard contents.marks.keyChecks == old else { return false }
            contents.marks.keyChecks = checks
            return true
        }
    }

    package func setEnvironment(_ address: String) async throws(StoreProblem) {
        storage.contents.withLock { $0.marks.environment = address }
    }

    package func setHasGivenUpTokens(_ hasThem: Bool) async throws(StoreProblem) {
        storage.contents.withLock { $0.marks.hasGivenUpTokens = hasThem }
    }

    package func sealedTexts(after: Place?, limit: Int) async throws(StoreProblem) -> [SealedText] {
        storage.contents.withLock { $0.sealedTexts(after: after, limit: limit) }
    }

    package func reseal(_ changes: [Resealing]) async throws(StoreProblem) -> Int {
        storage.contents.withLock { contents in changes.count { contents.reseal($0) } }
    }

    package func truncateLog() async throws(StoreProblem) {}
}
