import RefreshCore
import Synchronization
import TestSupport

/// A store that dawdles, fails when told to, and lets the testimony know what it was asked and what it answered.
final class WitnessStore: UserStore {
    private let store: MemoryUserStore
    private let testimony: Testimony
    private let trouble: StoreTroubleSwitch
    private let manners: StoreManners
    private let time: ManualTime
    private let dice: Mutex<Dice>

    init(
        _ store: MemoryUserStore, testimony: Testimony, trouble: StoreTroubleSwitch, manners: StoreManners,
        time: ManualTime, seed: UInt64
    ) {
        self.store = store
        self.testimony = testimony
        self.trouble = trouble
        self.manners = manners
        self.time = time
        dice = Mutex(Dice(seed: seed))
    }

    private func ask<Answer: Sendable>(
        writing: Bool, _ work: () async throws -> Answer
    ) async throws(StoreProblem) -> Answer {
        await dawdle()
        switch trouble.kind {
        case .everything: throw StoreProblem.unreachable(place: "memory", detail: "trouble")
        case .writes where writing: throw StoreProblem.full(place: "memory")
        case .writes, .lostAnswers, nil: break
        }
        let answer: Answer
        do { answer = try await work() } catch {
            // A closure without a type for its errors throws what the store within throws.
            throw error as? StoreProblem ?? .unreachable(place: "memory", detail: "\(error)")
        }
        await dawdle()
        return answer
    }

    private func dawdle() async {
        guard manners.yields + manners.delays > 0 else { return }
        let (roll, delay) = dice.withLock { dice in
            (dice.number(0...99), dice.span(.microseconds(1)...manners.longest))
        }
        if roll < manners.yields {
            await Task.yield()
        } else if roll < manners.yields + manners.delays {
            try? await time.sleep(for: delay)
        }
    }

    var seed: UInt64 { store.seed }

    func nextDue() async throws(StoreProblem) -> Timestamp? {
        try await ask(writing: false) { try await store.nextDue() }
    }

    func leaseDue(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser] {
        let asked = testimony.mark()
        return try await ask(writing: true) {
            let leased = try await store.leaseDue(now: now, until: until, limit: limit)
            note(leased, asked: asked)
            return leased
        }
    }

    func leaseProbes(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser] {
        let asked = testimony.mark()
        return try await ask(writing: true) {
            let leased = try await store.leaseProbes(now: now, until: until, limit: limit)
            note(leased, asked: asked)
            return leased
        }
    }

    func lease(_ id: UserID, now: Timestamp, until: Timestamp) async throws(StoreProblem) -> Result<
        LeasedUser, LeaseRefusal
    > {
        let asked = testimony.mark()
        return try await ask(writing: true) {
            let result = try await store.lease(id, now: now, until: until)
            if case .success(let leased) = result { note([leased], asked: asked) }
            return result
        }
    }

    private func note(_ leased: [LeasedUser], asked: Testimony.Mark) {
        let calendar = time.now
        testimony.note { facts, mark in
            for user in leased {
                facts.leases[user.user.id] = Testimony.LeaseNote(
                    lease: user.lease, asked: asked, taken: mark, calendar: calendar, state: user.user.state,
                    tokenVersion: facts.owners[AccessTokenKey(user.token)]?.version ?? 0)
            }
        }
    }

    func settle(_ settlements: [Settlement]) async throws(StoreProblem) -> [SettlementResult] {
        testimony.note { facts, mark in
            for settlement in settlements where facts.settled[settlement.lease].map({ $0.at < mark }) ?? false {
                guard facts.told.contains(settlement.lease) else { continue }
                facts.seen.append(Violation(5, "\(settlement.user.id) is settled again under the lease that ended"))
            }
        }
        return try await ask(writing: true) {
            var before: [User?] = []
            for settlement in settlements { before.append(try await store.user(settlement.user.id)) }
            let results = try await store.settle(settlements)
            let now = time.now
            let answerIsLost = trouble.kind == .lostAnswers
            testimony.note { facts, mark in
                for (index, (settlement, result)) in zip(settlements, results).enumerated() {
                    guard result == .settled else {
                        if result == .refused, !answerIsLost { facts.told.insert(settlement.lease) }
                        continue
                    }
                    facts.noteSettled(settlement, before: before[index], mark: mark, now: now, isTold: !answerIsLost)
                }
            }
            if answerIsLost { throw StoreProblem.unreachable(place: "memory", detail: "the answer was lost") }
            return results
        }
    }

    func release(_ leases: [Lease]) async throws(StoreProblem) {
        try await ask(writing: true) { try await store.release(leases) }
    }

    func recoverLeases(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [RecoveredLease] {
        try await ask(writing: true) { try await store.recoverLeases(now: now, until: until, limit: limit) }
    }

    func nextRenewal() async throws(StoreProblem) -> Timestamp? {
        try await ask(writing: false) { try await store.nextRenewal() }
    }

    func leaseRenewals(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser] {
        try await ask(writing: true) { try await store.leaseRenewals(now: now, until: until, limit: limit) }
    }

    func write(_ renewal: RenewalRecord) async throws(StoreProblem) -> RenewalWriting {
        try await ask(writing: true) { try await store.write(renewal) }
    }

    func firstToExpire(limit: Int) async throws(StoreProblem) -> [User] {
        try await ask(writing: false) { try await store.firstToExpire(limit: limit) }
    }

    func put(
        _ users: [NewUser], added: @escaping @Sendable (NewUser, Place) -> User,
        replaced: @escaping @Sendable (NewUser, User) -> User
    ) async throws(StoreProblem) -> [PutResult] {
        try await ask(writing: true) { try await store.put(users, added: added, replaced: replaced) }
    }

    func user(_ id: UserID) async throws(StoreProblem) -> User? {
        try await ask(writing: false) { try await store.user(id) }
    }

    func tokens(of ids: [UserID]) async throws(StoreProblem) -> [StoredToken?] {
        try await ask(writing: false) { try await store.tokens(of: ids) }
    }

    func users(matching filter: UserFilter, after: UserID?, limit: Int) async throws(StoreProblem) -> [User] {
        try await ask(writing: false) { try await store.users(matching: filter, after: after, limit: limit) }
    }

    func users(matching filter: UserFilter, by order: UserOrder, limit: Int) async throws(StoreProblem) -> [User] {
        try await ask(writing: false) { try await store.users(matching: filter, by: order, limit: limit) }
    }

    func update(_ id: UserID, _ change: @escaping @Sendable (User) -> User) async throws(StoreProblem) -> User? {
        try await ask(writing: true) { try await store.update(id, change) }
    }

    func update(_ ids: [UserID], _ change: @escaping @Sendable (User) -> User?) async throws(StoreProblem) -> [User?] {
        try await ask(writing: true) { try await store.update(ids, change) }
    }

    func remove(_ ids: [UserID], unlessAddedSince moment: Timestamp?) async throws(StoreProblem) -> [Removal] {
        try await ask(writing: true) { try await store.remove(ids, unlessAddedSince: moment) }
    }

    func sweep() async throws(StoreProblem) { try await ask(writing: true) { try await store.sweep() } }

    func ids(after: UserID?, limit: Int) async throws(StoreProblem) -> [UserID] {
        try await ask(writing: false) { try await store.ids(after: after, limit: limit) }
    }

    func rename(
        _ id: UserID, to row: NewUser, moved: @escaping @Sendable (User) -> User
    ) async throws(StoreProblem) -> Result<User, RenameRefusal> {
        try await ask(writing: true) { try await store.rename(id, to: row, moved: moved) }
    }

    func space() async throws(StoreProblem) -> StoreSpace? {
        try await ask(writing: false) { try await store.space() }
    }

    func compact(after mark: String?) async throws(StoreProblem) -> CompactionStep {
        try await ask(writing: true) { try await store.compact(after: mark) }
    }

    func groupSizes() async throws(StoreProblem) -> [GroupSize] {
        try await ask(writing: false) { try await store.groupSizes() }
    }

    func rewrite(after: Place?, limit: Int, _ change: @escaping @Sendable (User) -> User?) async throws(StoreProblem)
        -> Place?
    {
        // A few at a time: more goes on between two batches than in life.
        try await ask(writing: true) { try await store.rewrite(after: after, limit: min(limit, 200), change) }
    }

    func dueHistogram(
        from: Timestamp, width: Duration, count: Int, groups: Set<GroupName>
    ) async throws(StoreProblem) -> DueHistogram {
        try await ask(writing: false) {
            try await store.dueHistogram(from: from, width: width, count: count, groups: groups)
        }
    }

    func fleetPause() async throws(StoreProblem) -> FleetPause? {
        try await ask(writing: false) { try await store.fleetPause() }
    }

    func setFleetPause(_ pause: FleetPause?) async throws(StoreProblem) {
        try await ask(writing: true) { try await store.setFleetPause(pause) }
    }

    func census(now: Timestamp) async throws(StoreProblem) -> Census {
        try await ask(writing: false) { try await store.census(now: now) }
    }

    func history(of id: UserID, before: Timestamp?, limit: Int) async throws(StoreProblem) -> [AttemptRecord]? {
        try await ask(writing: false) { try await store.history(of: id, before: before, limit: limit) }
    }

    func lines(
        matching filter: UserFilter, after: UserID?, limit: Int, histories: Bool, _ line: @escaping UserLine
    ) async throws(StoreProblem) -> [[UInt8]] {
        try await ask(writing: false) {
            try await store.lines(matching: filter, after: after, limit: limit, histories: histories, line)
        }
    }

    func historyCounts(of id: UserID, since: Timestamp) async throws(StoreProblem) -> HistoryCounts? {
        try await ask(writing: false) { try await store.historyCounts(of: id, since: since) }
    }

    func attemptTallies(since: Timestamp) async throws(StoreProblem) -> [AttemptTally] {
        try await ask(writing: false) { try await store.attemptTallies(since: since) }
    }

    func pruneHistory(
        to bounds: HistoryBounds, now: Timestamp, after: Place?, limit: Int
    ) async throws(StoreProblem) -> PruningStep {
        try await ask(writing: true) {
            try await store.pruneHistory(to: bounds, now: now, after: after, limit: limit)
        }
    }

    func survey(_ question: FleetSurvey.Question) async throws(StoreProblem) -> FleetSurvey? {
        try await ask(writing: false) { try await store.survey(question) }
    }

    func refusalCount(parkedSince: Timestamp) async throws(StoreProblem) -> RefusalCount {
        try await ask(writing: false) { try await store.refusalCount(parkedSince: parkedSince) }
    }

    func tokensExpiring(after: Timestamp, until: Timestamp) async throws(StoreProblem) -> Int {
        try await ask(writing: false) { try await store.tokensExpiring(after: after, until: until) }
    }

    func unrenewedTokensExpiring(after: Timestamp, until: Timestamp) async throws(StoreProblem) -> Int {
        try await ask(writing: false) { try await store.unrenewedTokensExpiring(after: after, until: until) }
    }

    func raisedAlerts() async throws(StoreProblem) -> [Alert] {
        try await ask(writing: false) { try await store.raisedAlerts() }
    }

    func setRaisedAlerts(_ alerts: [Alert]) async throws(StoreProblem) {
        try await ask(writing: true) { try await store.setRaisedAlerts(alerts) }
    }

    func clockMark() async throws(StoreProblem) -> ClockMark? {
        try await ask(writing: false) { try await store.clockMark() }
    }

    func setClockMark(_ mark: ClockMark) async throws(StoreProblem) {
        try await ask(writing: true) { try await store.setClockMark(mark) }
    }

    func verifyPlace() async throws(StoreProblem) { try await store.verifyPlace() }

    func restoration() async throws(StoreProblem) -> StoreRestoration? {
        try await ask(writing: false) { try await store.restoration() }
    }

    func setRestoration(_ restoration: StoreRestoration) async throws(StoreProblem) {
        try await ask(writing: true) { try await store.setRestoration(restoration) }
    }

    func refreshTokenHolders(storedBy moment: Timestamp, limit: Int) async throws(StoreProblem) -> RefreshTokenHolders {
        try await ask(writing: false) { try await store.refreshTokenHolders(storedBy: moment, limit: limit) }
    }
}

/// What troubles the store at present.
final class StoreTroubleSwitch: Sendable {
    private let state = Mutex<StoreTroubleKind?>(nil)

    var kind: StoreTroubleKind? { state.withLock { $0 } }

    func set(_ kind: StoreTroubleKind?) { state.withLock { $0 = kind } }
}
