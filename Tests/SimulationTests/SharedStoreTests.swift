import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

/// Several daemons over one store in virtual time; what they did is read from the upstream's log.
@Suite struct SharedStoreTests {
    private static let floor = Duration.minutes(10)
    private static let rate = 30.0
    let world = Simulation()
    private let store = MemoryUserStore()
    let bank: ScriptedBank
    let fleet: MemoryFleet
    private let policy: UserPolicy

    init() {
        bank = ScriptedBank(time: world.time)
        fleet = MemoryFleet(sharing: store, time: world.time)
        var policy = UserPolicy(
            cadence: Cadence(every: .minutes(20)), minimumInterval: Self.floor, attemptsPerDay: 1_000)
        policy.failureBackoff = Backoff(first: .minutes(10), ceiling: .minutes(20), jitter: .upperHalf)
        self.policy = policy
    }

    // MARK: Daemons

    /// A daemon in a process of its own, which can die.
    struct Member {
        let daemon: SimulatedDaemon
        let process: Simulation.Process
        let run: Task<Void, any Error>
    }

    func start(_ id: Int64, bank: ScriptedBank? = nil, seed: UInt64? = nil) -> Member {
        var admission = Admission.Policy(requestsPerSecond: Self.rate, burst: 30)
        admission.slowStart = .zero
        admission.breaker.firstPause = .seconds(30)
        let daemon = SimulatedDaemon(
            time: world.time, store: store.shared(), bank: bank ?? self.bank,
            settings: DaemonSettings(policies: Policies(standard: policy), admission: admission),
            source: NoConfiguration(), watchdogInterval: .seconds(30), seed: seed ?? UInt64(id),
            fleet: fleet.member(id))
        let process = Simulation.Process(world)
        return Member(daemon: daemon, process: process, run: daemon.start(on: process.executor))
    }

    func advance(_ members: [Member], by duration: Duration) {
        world.advance(by: duration, processes: members.map(\.process))
    }

    func stop(_ members: [Member]) async throws {
        for member in members { member.daemon.daemon.stop() }
        advance(members, by: .minutes(2))
        for member in members { try await member.run.value }
    }

    // MARK: Judging

    /// Calls of one user that began before the one before had ended, or sooner than the minimum interval after it.
    private var breaches: Int {
        bank.callsByUser.values.reduce(0) { count, calls in
            let calls = calls.sorted { $0.beganAt < $1.beganAt }
            return count
                + zip(calls, calls.dropFirst()).count { $1.beganAt - ($0.endedAt ?? $0.beganAt) < Self.floor }
        }
    }

    private func most(within span: Duration, from: Duration = .zero) -> Int {
        bank.log.map(\.beganAt).filter { $0 >= from }.most(within: span)
    }

    func addUsers(_ count: Int) async throws {
        try await store.addFleet(count, policy: policy, now: world.time.now)
        world.time.jump(to: .minutes(30))
    }

    // MARK: Tests

    @Test func `daemons that share a store share its rate, whoever joins, leaves or dies`() async throws {
        try await addUsers(40_000)
        var members = [start(1)]
        advance(members, by: .minutes(1))
        #expect(bank.log.count > 1_500)
        members += [start(2), start(3)]
        advance(members, by: .minutes(1))
        let withThree = bank.log.count
        // One dies: its share is free after a while.
        let dead = members.removeFirst()
        advance(members, by: .minutes(1))
        #expect(bank.log.count - withThree > 1_400)
        try await stop([members.removeFirst()])
        let last = bank.log.count
        advance(members, by: .minutes(1))
        #expect(bank.log.count - last > 1_600)
        #expect(most(within: .seconds(1)) <= Int(Self.rate) + 30)
        // Who joins brings a bucket of its own.
        #expect(most(within: .seconds(60)) <= Int(Self.rate) * 60 + 60)
        #expect(breaches == 0)
        try await stop(members)
        dead.run.cancel()
    }

    @Test func `a daemon that joins takes no share before the others count it`() async throws {
        try await addUsers(40_000)
        let first = start(1)
        advance([first], by: .minutes(1))
        let joining = start(2)
        advance([first, joining], by: .seconds(4))
        #expect(joining.daemon.gate.isOutOfTouch && joining.daemon.attempts == 0)
        advance([first, joining], by: .seconds(20))
        #expect(!joining.daemon.gate.isOutOfTouch && joining.daemon.attempts > 100)
        try await stop([first, joining])
    }

    @Test func `daemons that begin at the same moment do not each take the whole of the limits`() async throws {
        try await addUsers(40_000)
        // Neither sees the other in the transaction by which it says that it lives.
        fleet.commitBeats(after: .milliseconds(100))
        let members = [start(1), start(2)]
        advance(members, by: .seconds(1))
        #expect(members.count { !$0.daemon.gate.isOutOfTouch } <= 1)
        advance(members, by: .seconds(20))
        #expect(members.allSatisfy { !$0.daemon.gate.isOutOfTouch })
        #expect(most(within: .seconds(1)) <= Int(Self.rate) + 30)
        try await stop(members)
    }

    @Test func `when the store is back after a while, nobody is told to have vanished who was there`() async throws {
        try await addUsers(2_000)
        let members = [start(1), start(2), start(3)]
        advance(members, by: .minutes(1))
        fleet.cutOff([1, 2, 3])
        advance(members, by: .seconds(30))
        fleet.cutOff([])
        advance(members, by: .seconds(3))
        // All but two are there again.
        fleet.cutOff([3])
        advance(members, by: .minutes(1))
        let vanished = members.map { member in
            member.daemon.events.events.compactMap { if case .memberVanished(let other) = $0 { other.id } else { nil } }
        }
        #expect(vanished == [[3], [3], vanished[2]])
        try await stop(Array(members[..<2]))
        members[2].run.cancel()
    }

    @Test func `users of a daemon that died are called by the others, after the minimum interval`() async throws {
        bank.answer { _, _, _ in (.refreshed, .seconds(20)) }
        try await addUsers(2_000)
        var members = [start(1), start(2)]
        advance(members, by: .seconds(30))
        let dead = members.removeFirst()
        let died = world.time.uptime
        advance(members, by: .hours(2))
        let open = bank.callsByUser.values.compactMap { calls in
            calls.sorted { $0.beganAt < $1.beganAt }.enumerated().first { $1.beganAt < died && $1.endedAt == nil }
        }
        #expect(open.count > 10)
        #expect(breaches == 0)
        // Nobody is lost: everybody was called in the last two turns.
        let latest = bank.callsByUser.values.compactMap { $0.map(\.beganAt).max() }
        #expect(latest.count == 2_000)
        #expect(latest.allSatisfy { $0 > world.time.uptime - .minutes(42) })
        #expect(
            members[0].daemon.events.events.contains {
                if case .memberVanished(let member) = $0 { member.id == 1 } else { false }
            })
        try await stop(members)
        dead.run.cancel()
    }

    @Test func `a pause holds for all daemons, by the next beat of each`() async throws {
        try await addUsers(40_000)
        let members = [start(1), start(2), start(3)]
        advance(members, by: .minutes(1))
        let operations = members[0].daemon.operations
        let pause = Task(executorPreference: world.executor) { try await operations.perform(PauseAll()) }
        advance(members, by: .seconds(2))
        _ = try await pause.value
        let paused = bank.log.count
        advance(members, by: .minutes(1))
        #expect(bank.log.count == paused)
        let resume = Task(executorPreference: world.executor) { try await operations.perform(ResumeAll()) }
        advance(members, by: .minutes(1))
        _ = try await resume.value
        #expect(bank.log.count > paused + 1_400)
        for member in members {
            #expect(member.daemon.events.events.count { if case .fleetPaused = $0 { true } else { false } } == 1)
            #expect(member.daemon.events.events.count { if case .fleetResumed = $0 { true } else { false } } == 1)
        }
        try await stop(members)
    }

    @Test func `in an outage one daemon probes for all, and all begin again when it is answered`() async throws {
        try await addUsers(40_000)
        let members = (1...4).map { start($0) }
        advance(members, by: .minutes(1))
        let began = world.time.uptime
        bank.answer { _, _, _ in (.unavailable(.status(503)), .milliseconds(200)) }
        advance(members, by: .minutes(30))
        let during = bank.log.count { $0.beganAt >= began }
        // What opens it, and what was under way by the time that the others heard; then three probes a pause at most.
        #expect(during <= 4 * 20 + Int(Self.rate) * 4 + 3 * 8)
        let late = bank.log.count { $0.beganAt >= began + .minutes(1) }
        #expect(late <= 3 * 8)
        #expect(late >= 3)
        bank.answer { _, _, _ in (.refreshed, .milliseconds(200)) }
        advance(members, by: .minutes(20))
        for member in members { #expect(member.daemon.gate.breaker == .closed) }
        let closed = bank.log.count
        advance(members, by: .minutes(1))
        #expect(bank.log.count > closed + 1_400)
        try await stop(members)
    }

    @Test func `when the daemon that probes dies, another probes within seconds`() async throws {
        try await addUsers(40_000)
        var members = (1...3).map { start($0) }
        advance(members, by: .minutes(1))
        // A probe takes long enough for its daemon to die meanwhile.
        bank.answer { _, _, _ in (.unavailable(.status(503)), .seconds(8)) }
        advance(members, by: .seconds(20))
        while fleet.prober == nil { advance(members, by: .seconds(1)) }
        let prober = try #require(fleet.prober)
        let dead = members.remove(at: Int(prober) - 1)
        let died = world.time.uptime
        while fleet.prober == nil || fleet.prober == prober, world.time.uptime - died < .minutes(2) {
            advance(members, by: .seconds(1))
        }
        #expect(fleet.prober != nil && fleet.prober != prober)
        #expect(world.time.uptime - died <= .seconds(20))
        try await stop(members)
        dead.run.cancel()
    }

    @Test func `a wait that one daemon is asked for is everybody's, and an operator ends it for all`() async throws {
        try await addUsers(40_000)
        let members = (1...4).map { start($0) }
        advance(members, by: .minutes(1))
        bank.answer { _, _, _ in (.throttled(retryAfter: .hours(1)), .milliseconds(200)) }
        // The others are asked nothing of their own: those of one alone meet the limit.
        advance(members, by: .seconds(10))
        let stopped = bank.log.count
        bank.answer { _, _, _ in (.refreshed, .milliseconds(200)) }
        advance(members, by: .minutes(30))
        #expect(bank.log.count == stopped)
        for member in members { #expect(member.daemon.gate.throttlingPause != nil) }
        let resume = Task(executorPreference: world.executor) {
            try await members[2].daemon.operations.perform(ResumeAll())
        }
        advance(members, by: .minutes(1))
        _ = try await resume.value
        #expect(bank.log.count > stopped + 1_400)
        for member in members { #expect(member.daemon.gate.throttlingPause == nil) }
        try await stop(members)
    }

    @Test func `a wait that Tight asked for begins again when the store's calendar is set back, and lasts no longer`()
        async throws
    {
        try await addUsers(40_000)
        let members = (1...3).map { start($0) }
        advance(members, by: .minutes(1))
        bank.answer { _, _, _ in (.throttled(retryAfter: .minutes(10)), .milliseconds(200)) }
        advance(members, by: .seconds(10))
        bank.answer { _, _, _ in (.refreshed, .milliseconds(200)) }
        advance(members, by: .minutes(1))
        fleet.setCalendar(by: .hours(-2))
        advance(members, by: .minutes(9))
        for member in members { #expect(member.daemon.gate.throttlingPause != nil) }
        advance(members, by: .minutes(2))
        for member in members { #expect(member.daemon.gate.throttlingPause == nil) }
        try await stop(members)
    }

    @Test func `daemons whose own calls pass wait as well when another is asked to`() async throws {
        try await addUsers(40_000)
        let asked = ScriptedBank(time: world.time) { _, _, _ in (.throttled(retryAfter: .minutes(5)), .milliseconds(5))
        }
        let members = [start(1), start(2)]
        advance(members, by: .minutes(1))
        let one = start(3, bank: asked)
        advance(members + [one], by: .seconds(20))
        let stopped = bank.log.count
        advance(members + [one], by: .minutes(4))
        #expect(bank.log.count == stopped)
        advance(members + [one], by: .minutes(2))
        #expect(bank.log.count > stopped)
        try await stop(members + [one])
    }

    @Test func `what one daemon finds out of Tight stops the others with their next beat`() async throws {
        try await addUsers(40_000)
        let failing = ScriptedBank(time: world.time) { _, _, _ in (.unavailable(.status(503)), .zero) }
        let members = [start(1, bank: failing), start(2)]
        advance(members, by: .seconds(10))
        let other = members[1].daemon.gate.breaker
        #expect(other.opening?.cause.isOfFleet ?? false)
        let before = bank.log.count
        // Its pause is 15 s at least.
        advance(members, by: .seconds(5))
        #expect(bank.log.count == before)
        try await stop(members)
    }

    @Test func `a daemon that cannot reach Tight by itself leaves the users to the others`() async throws {
        try await addUsers(40_000)
        let cut = ScriptedBank(time: world.time) { _, _, _ in (.unavailable(.notConnected), .milliseconds(5)) }
        let members = [start(1), start(2)]
        let lonely = start(3, bank: cut)
        advance(members + [lonely], by: .minutes(3))
        #expect(lonely.daemon.gate.breaker != .closed)
        for member in members { #expect(member.daemon.gate.breaker == .closed) }
        #expect(most(within: .seconds(60), from: .minutes(32)) > 900)
        try await stop(members + [lonely])
    }

    @Test func `a daemon whose packets to Tight vanish leaves the users to the others`() async throws {
        try await addUsers(40_000)
        let time = world.time
        // Nothing is heard any more, over connections that were there already.
        let cut = ScriptedBank(time: time) { _, _, _ in
            time.uptime < .minutes(31) ? (.refreshed, .milliseconds(200)) : (.unknown(.timeout), .seconds(10))
        }
        let members = [start(1), start(2)]
        let lonely = start(3, bank: cut)
        advance(members + [lonely], by: .minutes(4))
        #expect(lonely.daemon.gate.breaker != .closed)
        for member in members {
            #expect(member.daemon.events.events.allSatisfy { if case .breaker = $0 { false } else { true } })
        }
        #expect(most(within: .seconds(60), from: .minutes(33)) > 900)
        try await stop(members + [lonely])
    }

    @Test func `when Tight answers nobody any more, all stop as one`() async throws {
        try await addUsers(40_000)
        let members = [start(1), start(2), start(3)]
        advance(members, by: .minutes(1))
        bank.answer { _, _, _ in (.unknown(.timeout), .seconds(10)) }
        advance(members, by: .minutes(30))
        let late = bank.log.count { $0.beganAt >= .minutes(33) }
        #expect((1...3 * 10).contains(late))
        bank.answer { _, _, _ in (.refreshed, .milliseconds(200)) }
        advance(members, by: .minutes(20))
        for member in members { #expect(member.daemon.gate.breaker == .closed) }
        try await stop(members)
    }

    @Test func `a daemon that does not reach the store stops within seconds, and goes on when it does`() async throws {
        try await addUsers(40_000)
        let members = [start(1), start(2)]
        advance(members, by: .minutes(1))
        fleet.cutOff([1])
        advance(members, by: .seconds(6))
        #expect(members[0].daemon.gate.isOutOfTouch)
        let before = members[0].daemon.attempts
        advance(members, by: .minutes(1))
        #expect(members[0].daemon.attempts == before)
        fleet.cutOff([])
        advance(members, by: .minutes(1))
        #expect(members[0].daemon.attempts > before + 600)
        #expect(most(within: .seconds(60)) <= Int(Self.rate) * 60 + 30)
        #expect(breaches == 0)
        try await stop(members)
    }

    @Test(arguments: [Duration.hours(1), .hours(-1), .seconds(90)])
    func `the minimum interval holds when the store's calendar is set`(step: Duration) async throws {
        try await addUsers(2_000)
        let members = [start(1), start(2)]
        advance(members, by: .minutes(25))
        fleet.setCalendar(by: step)
        advance(members, by: .hours(2))
        #expect(breaches == 0)
        #expect(fleet.debts.count == (step > .zero ? 1 : 0))
        let lately = world.time.uptime - .hours(1)
        #expect(bank.callsByUser.values.count { $0.contains { $0.beganAt > lately } } == 2_000)
        try await stop(members)
    }

    @Test func `one daemon does what one has to do for all, another when it died`() async throws {
        try await addUsers(100)
        var members = [start(1), start(2)]
        advance(members, by: .minutes(1))
        let first = fleet.isOnDuty(1, .alerts) ? 0 : 1
        let dead = members.remove(at: first)
        advance(members, by: .minutes(1))
        #expect(fleet.isOnDuty(first == 0 ? 2 : 1, .alerts))
        try await stop(members)
        dead.run.cancel()
    }
}
