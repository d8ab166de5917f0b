import RefreshCore
import RefreshDaemon
import TestSupport
import Testing

/// Calls that could not begin within 20 s of their claim, where other daemons work with the store too.
@Suite struct LateCallTests {
    let world = Simulation()
    let memory = MemoryUserStore()
    let store: TroubledStore
    let bank: ScriptedBank
    let office: TokenOffice
    let fleet: MemoryFleet

    init() {
        fleet = MemoryFleet(sharing: memory, time: world.time)
        store = TroubledStore(memory)
        bank = ScriptedBank(time: world.time)
        office = TokenOffice(time: world.time, lifetime: .days(3))
    }

    private func daemon(
        _ bank: (any BankRefreshing)? = nil, renews: Bool = false, isShared: Bool = true
    ) -> SimulatedDaemon {
        var settings = DaemonSettings()
        settings.admission.slowStart = .zero
        return SimulatedDaemon(
            in: world, store: store, bank: bank ?? self.bank, renewing: renews ? office : nil, settings: settings,
            watchdogInterval: nil, fleet: isShared ? fleet.member(1) : nil)
    }

    /// One user who is due.
    private func addUser(to daemon: SimulatedDaemon) async throws {
        try await store.addFleet(
            1, policy: daemon.settings.value.policies.standard, now: world.time.now.advanced(by: .days(-9)))
    }

    /// Has the store answer the next lease so late, and those after it at once.
    private func answerNextLease(after wait: Duration) {
        let (store, time) = (store, world.time)
        store.answerLeases {
            store.answerLeases(after: nil)
            try? await time.sleep(for: wait)
        }
    }

    private func stop(_ daemon: SimulatedDaemon, _ run: Task<Void, any Error>) async throws {
        daemon.daemon.stop()
        world.advance(by: .minutes(2))
        try await run.value
        let leased = try await store.census(now: world.time.now).leased
        #expect(leased == 0)
    }

    @Test(arguments: [(true, 2), (false, 1)])
    func `a claim that is answered late is handed back, and made again, if the store is shared`(
        isShared: Bool, claims: Int
    ) async throws {
        let daemon = daemon(isShared: isShared)
        try await addUser(to: daemon)
        let before = try #require(try await store.user(Fleet.id(0)))
        answerNextLease(after: .seconds(20))
        let run = daemon.start(in: world)
        world.advance(by: .seconds(20) - .milliseconds(1))
        #expect(bank.log.isEmpty)
        let unchanged = try await store.user(Fleet.id(0))
        #expect(unchanged == before)
        world.advance(by: .seconds(2))
        #expect(store.leasedBatches == Array(repeating: 1, count: claims))
        // The daemon looked before it asked the transport, and what was not made is no attempt.
        #expect(bank.log.count == 1 && bank.unsent == 0)
        #expect(daemon.events.attempts.map(\.attempt.outcome) == [.refreshed])
        #expect(daemon.gate.inFlight == 0)
        try await stop(daemon, run)
    }

    @Test func `a claim that is answered just in time is called`() async throws {
        let daemon = daemon()
        try await addUser(to: daemon)
        answerNextLease(after: .seconds(20) - .milliseconds(1))
        let run = daemon.start(in: world)
        world.advance(by: .seconds(30))
        #expect(store.leasedBatches == [1])
        #expect(bank.log.count == 1)
        try await stop(daemon, run)
    }

    @Test func `what the transport could not send in time is no attempt, and its user is called later`() async throws {
        let daemon = daemon()
        try await addUser(to: daemon)
        let before = try #require(try await store.user(Fleet.id(0)))
        bank.queue(for: .seconds(25))
        let run = daemon.start(in: world)
        world.advance(by: .seconds(50))
        #expect(bank.unsent == 2 && bank.log.isEmpty)
        #expect(daemon.events.attempts.isEmpty)
        let unchanged = try await store.user(Fleet.id(0))
        #expect(unchanged == before)
        #expect(daemon.gate.breaker == .closed && daemon.gate.inFlight == 1)
        // From the claim before to its last moment.
        bank.queue(for: .zero)
        world.advance(by: .seconds(20))
        #expect(bank.unsent == 3 && bank.log.count == 1)
        #expect(daemon.events.attempts.count == 1)
        try await stop(daemon, run)
    }

    @Test func `a manual refresh that could not begin in time says so, and leaves its user free`() async throws {
        let daemon = daemon()
        try await store.addFleet(1, policy: daemon.settings.value.policies.standard, now: world.time.now)
        let run = daemon.start(in: world)
        world.settle()
        answerNextLease(after: .seconds(21))
        let (id, operations) = (try Fleet.id(0), daemon.operations)
        let asked = Task(executorPreference: world.executor) {
            try await operations.perform(RefreshUsers([id], force: false))
        }
        world.advance(by: .seconds(22))
        let report = try #require(try await asked.value.first)
        #expect(report.answer == .refused && report.refusal == .changed)
        #expect(report.reason?.contains("nothing was sent") == true)
        #expect(bank.log.isEmpty)
        let census = try await store.census(now: world.time.now)
        #expect(census.leased == 0 && daemon.gate.inFlight == 0)
        try await stop(daemon, run)
    }

    @Test func `a renewal that could not begin in time is not asked for, and made by the next claim`() async throws {
        let daemon = daemon(office, renews: true)
        let run = daemon.start(in: world)
        let (entries, operations) = (try office.entries(1), daemon.operations)
        let put = Task(executorPreference: world.executor) { try await operations.perform(PutUsers(entries)) }
        world.settle()
        _ = try await put.value
        // Past the first calls, up to the moment of the renewal.
        let due = try #require(try await store.nextRenewal())
        world.advance(by: world.time.now.duration(to: due) - .seconds(1))
        #expect(office.requests.isEmpty)
        store.answerLeases { [time = world.time] in try? await time.sleep(for: .seconds(21)) }
        world.advance(by: .seconds(100))
        #expect(office.requests.isEmpty)
        store.answerLeases(after: nil)
        world.advance(by: .seconds(22))
        #expect(office.requests.count == 1)
        #expect(daemon.events.events.allSatisfy { if case .renewalFailed = $0 { false } else { true } })
        try await stop(daemon, run)
    }

    /// Else it would be made again at once, and again, by an API that takes its time to refuse.
    @Test func `a call that was refused is an attempt, even where no time is left to renew its token`() async throws {
        bank.answer { _, _, _ in (.unauthorized, .seconds(21)) }
        let daemon = daemon(renews: true)
        try await addUser(to: daemon)
        let run = daemon.start(in: world)
        world.advance(by: .seconds(22))
        #expect(bank.log.count == 1)
        #expect(office.requests.isEmpty)
        let attempts = daemon.events.attempts
        #expect(attempts.count == 1)
        let outcome = try #require(attempts.first?.attempt.outcome)
        guard case .unavailable(.tokenNotRenewed(let reason)) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reason.contains("no time was left"))
        let due = try #require(try await store.user(Fleet.id(0))?.state.due)
        #expect(due > world.time.now)
        try await stop(daemon, run)
    }

    /// The grant that was refused would be refused again by the next claim, for ever.
    @Test func `a renewal that has no time left for its second grant waits as after a failure`() async throws {
        let slow = TokenOffice(time: world.time, lifetime: .days(3), latency: .seconds(21))
        slow.answer { _, request in request == 0 ? .refuse : .grant }
        var settings = DaemonSettings()
        settings.admission.slowStart = .zero
        let daemon = SimulatedDaemon(
            in: world, store: store, bank: bank, renewing: slow, settings: settings,
            watchdogInterval: nil, fleet: fleet.member(1))
        let run = daemon.start(in: world)
        let (entries, operations) = (try slow.entries(1), daemon.operations)
        let put = Task(executorPreference: world.executor) { try await operations.perform(PutUsers(entries)) }
        world.settle()
        _ = try await put.value
        let due = try #require(try await store.nextRenewal())
        world.advance(by: world.time.now.duration(to: due) + .seconds(22))
        #expect(slow.requests.count == 1)
        let next = try #require(try await store.nextRenewal())
        #expect(next > world.time.now)
        try await stop(daemon, run)
    }
}
