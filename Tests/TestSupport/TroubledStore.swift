package import RefreshCore
import Synchronization

/// A store that can be told to fail, and to count what it was asked.
package final class TroubledStore: UserStore {
    package struct Trouble: Sendable {
        package var writes: StoreProblem?
        package var reads: StoreProblem?
        /// Of the writes, the settlements alone.
        package var settlements: StoreProblem?
        /// Of the writes, the leases handed back alone.
        package var releases: StoreProblem?
        /// Of the reads, the count of refused users alone.
        package var refusalCounts: StoreProblem?
        /// That the store is not in its place: it takes no writes then.
        package var place: StoreProblem?

        package init(
            writes: StoreProblem? = nil, reads: StoreProblem? = nil, settlements: StoreProblem? = nil,
            releases: StoreProblem? = nil, refusalCounts: StoreProblem? = nil, place: StoreProblem? = nil
        ) {
            self.place = place
            self.writes = writes
            self.reads = reads
            self.settlements = settlements
            self.releases = releases
            self.refusalCounts = refusalCounts
        }
    }

    struct State {
        var trouble = Trouble()
        var batches: [Int] = []
        var leased: [Int] = []
        var prunings = 0
        var surveys = 0
        var sweeps = 0
        var sweepProblem: StoreProblem?
        var renewalProblem: StoreProblem?
        var renewalSearches = 0
        var rewritesLeft: Int?
        var countsLate = false
        var answersLease: (@Sendable () async -> Void)?
        var answersRewrite: (@Sendable () async -> Void)?
        var settles: (@Sendable () async -> Void)?
    }

    let store: MemoryUserStore
    let state = Mutex(State())

    package init(_ store: MemoryUserStore) {
        self.store = store
    }

    package func fail(_ trouble: Trouble) {
        state.withLock { $0.trouble = trouble }
    }

    /// How often it was asked for due renewals.
    package var renewalSearches: Int { state.withLock { $0.renewalSearches } }

    /// Fails the search for due renewals alone; nil for none.
    package func failRenewals(with problem: StoreProblem?) {
        state.withLock { $0.renewalProblem = problem }
    }

    /// Fails sweeps alone; nil for none.
    package func failSweeps(with problem: StoreProblem?) {
        state.withLock { $0.sweepProblem = problem }
    }

    /// Answers, and does not count in time.
    package func countLate(_ isLate: Bool) {
        state.withLock { $0.countsLate = isLate }
    }

    /// Runs before a lease that was taken, of any kind, is answered; nil for nothing.
    package func answerLeases(after wait: (@Sendable () async -> Void)?) {
        state.withLock { $0.answersLease = wait }
    }

    /// Runs before each step of a rewriting is answered; nil for nothing.
    package func answerRewrites(after wait: (@Sendable () async -> Void)?) {
        state.withLock { $0.answersRewrite = wait }
    }

    /// Runs before settlements are written; nil for nothing.
    package func settle(after wait: (@Sendable () async -> Void)?) {
        state.withLock { $0.settles = wait }
    }

    private func leaseTaken() async {
        await state.withLock { $0.answersLease }?()
    }

    /// Lets so many rewrites succeed, and none after them.
    package func failRewrites(after count: Int) {
        state.withLock { $0.rewritesLeft = count }
    }

    /// How many steps of pruning were asked for.
    package var prunings: Int { state.withLock { $0.prunings } }

    /// The sizes of the batches that were settled, in order.
    package var settledBatches: [Int] { state.withLock { $0.batches } }

    /// The sizes of the batches that were leased for calls, in order.
    package var leasedBatches: [Int] { state.withLock { $0.leased } }

    /// How often all users were read for alerts.
    package var surveys: Int { state.withLock { $0.surveys } }

    func checkReads() throws(StoreProblem) {
        if let problem = state.withLock({ $0.trouble.reads }) { throw problem }
    }

    func checkWrites() throws(StoreProblem) {
        try checkReads()
        if let problem = state.withLock({ $0.trouble.place }) { throw problem }
        if let problem = state.withLock({ $0.trouble.writes }) { throw problem }
    }

    package var seed: UInt64 { store.seed }

    package func figures(now: Timestamp, withExpiry: Bool) async throws(StoreProblem) -> StoreFigures? {
        if state.withLock({ $0.countsLate }) { return nil }
        return try await figuresInTurn(now: now, withExpiry: withExpiry)
    }

    package func nextDue() async throws(StoreProblem) -> Timestamp? {
        try checkReads()
        return try await store.nextDue()
    }

    package func leaseDue(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser] {
        try checkWrites()
        let leased = try await store.leaseDue(now: now, until: until, limit: limit)
        state.withLock { $0.leased.append(leased.count) }
        await leaseTaken()
        return leased
    }

    package func leaseProbes(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser] {
        try checkWrites()
        let leased = try await store.leaseProbes(now: now, until: until, limit: limit)
        state.withLock { $0.leased.append(leased.count) }
        return leased
    }

    package func lease(_ id: UserID, now: Timestamp, until: Timestamp) async throws(StoreProblem) -> Result<
        LeasedUser, LeaseRefusal
    > {
        try checkWrites()
        let answer = try await store.lease(id, now: now, until: until)
        await leaseTaken()
        return answer
    }

    package func settle(_ settlements: [Settlement]) async throws(StoreProblem) -> [SettlementResult] {
        try checkWrites()
        if let problem = state.withLock({ $0.trouble.settlements }) { throw problem }
        state.withLock { $0.batches.append(settlements.count) }
        await state.withLock { $0.settles }?()
        return try await store.settle(settlements)
    }

    package func release(_ leases: [Lease]) async throws(StoreProblem) {
        try checkWrites()
        if let problem = state.withLock({ $0.trouble.releases }) { throw problem }
        try await store.release(leases)
    }

    package func recoverLeases(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem)
        -> [RecoveredLease]
    {
        try checkWrites()
        return try await store.recoverLeases(now: now, until: until, limit: limit)
    }

    package func nextRenewal() async throws(StoreProblem) -> Timestamp? {
        try checkReads()
        let problem = state.withLock { state in
            state.renewalSearches += 1
            return state.renewalProblem
        }
        if let problem { throw problem }
        return try await store.nextRenewal()
    }

    package func leaseRenewals(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser]
    {
        try checkWrites()
        let leased = try await store.leaseRenewals(now: now, until: until, limit: limit)
        await leaseTaken()
        return leased
    }

    package func write(_ renewal: RenewalRecord) async throws(StoreProblem) -> RenewalWriting {
        try checkWrites()
        return try await store.write(renewal)
    }

    package func firstToExpire(limit: Int) async throws(StoreProblem) -> [User] {
        try checkReads()
        return try await store.firstToExpire(limit: limit)
    }

    package func put(
        _ users: [NewUser], added: @escaping @Sendable (NewUser, Place) -> User,
        replaced: @escaping @Sendable (NewUser, User) -> User
    ) async throws(StoreProblem) -> [PutResult] {
        try checkWrites()
        return try await store.put(users, added: added, replaced: replaced)
    }

    package func user(_ id: UserID) async throws(StoreProblem) -> User? {
        try checkReads()
        return try await store.user(id)
    }

    package func tokens(of ids: [UserID]) async throws(StoreProblem) -> [StoredToken?] {
        try checkReads()
        return try await store.tokens(of: ids)
    }

    package func users(matching filter: UserFilter, after: UserID?, limit: Int) async throws(StoreProblem) -> [User] {
        try checkReads()
        return try await store.users(matching: filter, after: after, limit: limit)
    }

    package func users(matching filter: UserFilter, by order: UserOrder, limit: Int) async throws(StoreProblem)
        -> [User]
    {
        try checkReads()
        return try await store.users(matching: filter, by: order, limit: limit)
    }

    package func update(_ id: UserID, _ change: @escaping @Sendable (User) -> User) async throws(StoreProblem) -> User?
    {
        try checkWrites()
        return try await store.update(id, change)
    }

    package func update(_ ids: [UserID], _ change: @escaping @Sendable (User) -> User?) async throws(StoreProblem)
        -> [User?]
    {
        try checkWrites()
        return try await store.update(ids, change)
    }

    package func remove(_ ids: [UserID], unlessAddedSince moment: Timestamp?) async throws(StoreProblem) -> [Removal] {
        try checkWrites()
        return try await store.remove(ids, unlessAddedSince: moment)
    }

    /// How often it was asked to sweep.
    package var sweeps: Int { state.withLock { $0.sweeps } }

    package func sweep() async throws(StoreProblem) {
        try checkWrites()
        if let problem = state.withLock({ $0.sweepProblem }) { throw problem }
        state.withLock { $0.sweeps += 1 }
        try await store.sweep()
    }

    package func ids(after: UserID?, limit: Int) async throws(StoreProblem) -> [UserID] {
        try checkReads()
        return try await store.ids(after: after, limit: limit)
    }

    package func rename(
        _ id: UserID, to row: NewUser, moved: @escaping @Sendable (User) -> User
    ) async throws(StoreProblem) -> Result<User, RenameRefusal> {
        try checkWrites()
        return try await store.rename(id, to: row, moved: moved)
    }

    package func space() async throws(StoreProblem) -> StoreSpace? {
        try checkReads()
        return try await store.space()
    }

    package func compact(after mark: String?) async throws(StoreProblem) -> CompactionStep {
        try checkWrites()
        return try await store.compact(after: mark)
    }

    package func groupSizes() async throws(StoreProblem) -> [GroupSize] {
        try checkReads()
        return try await store.groupSizes()
    }

    package func rewrite(after: Place?, limit: Int, _ change: @escaping @Sendable (User) -> User?)
        async throws(StoreProblem)
        -> Place?
    {
        try checkWrites()
        let isTroubled = state.withLock { state in
            defer { state.rewritesLeft = state.rewritesLeft.map { $0 - 1 } }
            return state.rewritesLeft.map { $0 <= 0 } ?? false
        }
        if isTroubled { throw StoreProblem.full(place: "memory") }
        await state.withLock(\.answersRewrite)?()
        return try await store.rewrite(after: after, limit: limit, change)
    }

    package func census(now: Timestamp) async throws(StoreProblem) -> Census {
        try checkReads()
        return try await store.census(now: now)
    }

    package func dueHistogram(
        from: Timestamp, width: Duration, count: Int, groups: Set<GroupName>
    ) async throws(StoreProblem) -> DueHistogram {
        try checkReads()
        return try await store.dueHistogram(from: from, width: width, count: count, groups: groups)
    }

    package func history(of id: UserID, before: Timestamp?, limit: Int) async throws(StoreProblem) -> [AttemptRecord]? {
        try checkReads()
        return try await store.history(of: id, before: before, limit: limit)
    }

    package func lines(
        matching filter: UserFilter, after: UserID?, limit: Int, histories: Bool, _ line: @escaping UserLine
    ) async throws(StoreProblem) -> [[UInt8]] {
        try checkReads()
        return try await store.lines(matching: filter, after: after, limit: limit, histories: histories, line)
    }

    package func historyCounts(of id: UserID, since: Timestamp) async throws(StoreProblem) -> HistoryCounts? {
        try checkReads()
        return try await store.historyCounts(of: id, since: since)
    }

    package func attemptTallies(since: Timestamp) async throws(StoreProblem) -> [AttemptTally] {
        try checkReads()
        return try await store.attemptTallies(since: since)
    }

    package func pruneHistory(
        to bounds: HistoryBounds, now: Timestamp, after: Place?, limit: Int
    ) async throws(StoreProblem) -> PruningStep {
        state.withLock { $0.prunings += 1 }
        try checkWrites()
        return try await store.pruneHistory(to: bounds, now: now, after: after, limit: limit)
    }

    package func survey(_ question: FleetSurvey.Question) async throws(StoreProblem) -> FleetSurvey? {
        try checkReads()
        state.withLock { $0.surveys += 1 }
        return try await store.survey(question)
    }

    package func refusalCount(parkedSince: Timestamp) async throws(StoreProblem) -> RefusalCount {
        try checkReads()
        if let problem = state.withLock({ $0.trouble.refusalCounts }) { throw problem }
        return try await store.refusalCount(parkedSince: parkedSince)
    }

    package func tokensExpiring(after: Timestamp, until: Timestamp) async throws(StoreProblem) -> Int {
        try checkReads()
        return try await store.tokensExpiring(after: after, until: until)
    }

    package func unrenewedTokensExpiring(after: Timestamp, until: Timestamp) async throws(StoreProblem) -> Int {
        try checkReads()
        return try await store.unrenewedTokensExpiring(after: after, until: until)
    }
}
