import RefreshCore
import RefreshDaemon
import TestSupport
import Testing

/// The settings that daemons of one store have in common, in virtual time.
@Suite struct FleetSettingsTests {
    let world = Simulation()
    let store = MemoryUserStore()
    let bank: ScriptedBank
    let fleet: MemoryFleet

    init() {
        bank = ScriptedBank(time: world.time)
        fleet = MemoryFleet(sharing: store, time: world.time)
    }

    // MARK: Hosts

    /// A daemon on a host of its own, with its file.
    struct Host {
        let file: HostFile
        let daemon: SimulatedDaemon
        let process: Simulation.Process
        let run: Task<Void, any Error>

        var events: [Event] { daemon.events.events }
        var floor: Duration { daemon.settings.value.policies.standard.minimumInterval }
        var differences: [[SettingDifference]] {
            events.compactMap { if case .settingsDiffer(let differences) = $0 { differences } else { nil } }
        }
    }

    func start(_ id: Int64, _ file: HostFile) -> Host {
        file.read()
        let member = fleet.member(id)
        let daemon = SimulatedDaemon(
            time: world.time, store: store.shared { member.isAgreed }, bank: bank, settings: file.settings,
            source: file,
            watchdogInterval: .seconds(30), seed: UInt64(id), fleet: member, shared: file)
        let process = Simulation.Process(world)
        let run = daemon.start(on: process.executor)
        return Host(file: file, daemon: daemon, process: process, run: run)
    }

    func advance(_ hosts: [Host], by duration: Duration) {
        world.advance(by: duration, processes: hosts.map(\.process))
    }

    func stop(_ hosts: [Host]) async throws {
        for host in hosts { host.daemon.daemon.stop() }
        advance(hosts, by: .minutes(2))
        for host in hosts { try await host.run.value }
    }

    func reload(_ host: Host, publish: Bool? = nil, among hosts: [Host]) async throws -> ReloadReport {
        let operations = host.daemon.operations
        let reload = Task(executorPreference: world.executor) {
            try await operations.perform(ReloadConfiguration(publish: publish))
        }
        advance(hosts, by: .seconds(20))
        return try await reload.value
    }

    // MARK: Tests

    @Test func `nobody is called by a shorter minimum interval once a longer one is published, by whichever daemon`()
        async throws
    {
        let hosts = (1...3).map { start(Int64($0), HostFile(minutes: 5)) }
        try await store.addFleet(8_000, policy: hosts[0].file.settings.policies.standard, now: world.time.now)
        advance(hosts, by: .minutes(30))
        hosts[1].file.write(minutes: 18)
        let published = world.time.uptime
        let report = try await reload(hosts[1], among: hosts)
        #expect(report.published == ["floor: 5m → 18m"] && report.pending.isEmpty)
        #expect(hosts.allSatisfy { $0.floor == .minutes(18) })
        advance(hosts, by: .minutes(90))
        // What was leased ahead waits no longer than this; whoever was leased is called.
        let from = published + .milliseconds(250)
        var (judged, early) = (0, 0)
        for calls in bank.callsByUser.values {
            let calls = calls.sorted { $0.beganAt < $1.beganAt }
            for (one, next) in zip(calls, calls.dropFirst()) where next.beganAt > from {
                judged += 1
                if next.beganAt - (one.endedAt ?? one.beganAt) < .minutes(18) { early += 1 }
            }
        }
        #expect(judged > 8_000 && early == 0)
        try await stop(hosts)
    }

    @Test func `a daemon that starts with another file takes the fleet's settings, and says what differs`() async throws
    {
        let first = start(1, HostFile(minutes: 12))
        advance([first], by: .seconds(10))
        let hosts = [first, start(2, HostFile(minutes: 6))]
        advance(hosts, by: .seconds(10))
        #expect(hosts.map(\.floor) == [.minutes(12), .minutes(12)])
        let difference = SettingDifference(path: "floor", file: "6m", fleet: "12m")
        #expect(hosts.map(\.differences) == [[], [[difference]]])
        let status = Task(executorPreference: world.executor) { [operations = first.daemon.operations] in
            try await operations.perform(ReadStatus())
        }
        advance(hosts, by: .seconds(3))
        let finding = try #require(try await status.value.health.findings.first { $0.kind == .settingsDiffer })
        #expect(finding.title == "The configuration of host-2 differs from the fleet's settings")
        #expect(finding.detail.contains("floor is 6m in the file of host-2 and 12m in the fleet"))

        // Its file did not change since: a reload says the same, and changes nothing.
        let report = try await reload(hosts[1], among: hosts)
        #expect(report.published.isEmpty && report.differences == [difference])
        #expect(hosts.map(\.floor) == [.minutes(12), .minutes(12)])
        // Who means it says so.
        let meant = try await reload(hosts[1], publish: true, among: hosts)
        #expect(meant.published == ["floor: 12m → 6m"] && meant.differences.isEmpty)
        #expect(hosts.map(\.floor) == [.minutes(6), .minutes(6)])
        #expect(first.events.contains(.settingsTaken(changes: ["floor: 12m → 6m"])))
        #expect(first.differences == [[SettingDifference(path: "floor", file: "12m", fleet: "6m")]])
        try await stop(hosts)
    }

    @Test func `the same file on all hosts is published once, and a restart with another one overrules nobody`()
        async throws
    {
        var hosts = (1...3).map { start(Int64($0), HostFile(minutes: 6)) }
        advance(hosts, by: .seconds(10))
        for host in hosts { host.file.write(minutes: 9) }
        #expect(try await reload(hosts[0], among: hosts).published == ["floor: 6m → 9m"])
        #expect(try await reload(hosts[1], among: hosts).published.isEmpty)
        #expect(hosts.allSatisfy { $0.floor == .minutes(9) && $0.differences.isEmpty })

        // One after the other restarts with a newer file.
        for index in hosts.indices {
            let old = hosts.remove(at: index)
            old.daemon.daemon.stop()
            advance(hosts + [old], by: .minutes(1))
            try await old.run.value
            old.file.write(minutes: 12)
            hosts.insert(start(Int64(index + 1), old.file), at: index)
            advance(hosts, by: .seconds(10))
        }
        #expect(hosts.allSatisfy { $0.floor == .minutes(9) && $0.differences.count == 1 })
        // When none is left, the next is the first.
        try await stop(hosts)
        let alone = start(4, hosts[0].file)
        advance([alone], by: .seconds(10))
        #expect(alone.floor == .minutes(12) && alone.differences.isEmpty)
        #expect(alone.events.contains(.settingsPublished(changes: ["floor: 9m → 12m"])))
        try await stop([alone])
    }

    @Test func `of two that publish at once both are in force, one after the other`() async throws {
        let hosts = (1...2).map { start(Int64($0), HostFile(minutes: 6)) }
        advance(hosts, by: .seconds(10))
        hosts[0].file.write(minutes: 7)
        hosts[1].file.write(minutes: 8)
        let reloads = hosts.map { host in
            Task(executorPreference: world.executor) { [operations = host.daemon.operations] in
                try await operations.perform(ReloadConfiguration())
            }
        }
        advance(hosts, by: .seconds(20))
        for reload in reloads { #expect(try await reload.value.pending.isEmpty) }
        #expect(hosts[0].floor == hosts[1].floor)
        try await stop(hosts)
    }

    @Test func `what a server lacks that took another's place is published again as it was`() async throws {
        let hosts = (1...2).map { start(Int64($0), HostFile(minutes: 6)) }
        advance(hosts, by: .seconds(10))
        let before = fleet.settings
        hosts[0].file.write(minutes: 9)
        _ = try await reload(hosts[0], among: hosts)
        let lost = try #require(fleet.settings)
        for older in [before, nil] {
            fleet.set(older)
            advance(hosts, by: .seconds(5))
            #expect(fleet.settings == lost)
            #expect(hosts.allSatisfy { $0.floor == .minutes(9) })
        }
        try await stop(hosts)
    }

    @Test(arguments: [
        (
            SettingsRefusal.unknown(detail: "schedule.pace: no such key"),
            "schedule.pace: no such key; install the version that the other daemons have"
        ),
        (
            .otherServer(theirs: "https://api.example.com", own: "https://sandbox.example.com"),
            "they call https://api.example.com, and this one https://sandbox.example.com; fix the section api, or "
                + "store.postgresql.database"
        ),
    ])
    func `a daemon that cannot take the settings says so, is named by the reload, and makes no calls`(
        refusal: SettingsRefusal, said: String
    ) async throws {
        let hosts = [
            start(1, HostFile(minutes: 6)), start(2, HostFile(minutes: 6, mostMinutes: 10, refusal: refusal)),
        ]
        try await store.addFleet(16_000, policy: hosts[0].file.settings.policies.standard, now: world.time.now)
        advance(hosts, by: .minutes(3))
        #expect(hosts.allSatisfy { $0.daemon.attempts > 10 })
        hosts[0].file.write(minutes: 11)
        let report = try await reload(hosts[0], among: hosts)
        #expect(report.pending == ["host-2"])
        #expect(hosts[1].events.count { $0 == .settingsNotTaken(detail: said) } == 1)
        let attempts = hosts[1].daemon.attempts
        advance(hosts, by: .minutes(10))
        #expect(hosts[1].daemon.attempts == attempts)
        #expect(Health(hosts[1].daemon.observer.snapshot()).readiness.isGood == false)
        // Settings that it knows mend it.
        hosts[0].file.write(minutes: 8)
        #expect(try await reload(hosts[0], among: hosts).pending.isEmpty)
        advance(hosts, by: .minutes(10))
        #expect(hosts[1].floor == .minutes(8) && hosts[1].daemon.attempts > attempts)
        try await stop(hosts)
    }

    @Test func `what could not be taken is no trouble any more where a new server goes back to what is in force here`()
        async throws
    {
        let hosts = [start(1, HostFile(minutes: 6)), start(2, HostFile(minutes: 6, mostMinutes: 10))]
        advance(hosts, by: .seconds(10))
        let before = fleet.settings
        hosts[0].file.write(minutes: 11)
        #expect(try await reload(hosts[0], among: hosts).pending == ["host-2"])
        // Who knows them, and would publish them again, is gone.
        hosts[0].daemon.daemon.stop()
        advance(hosts, by: .minutes(1))
        try await hosts[0].run.value
        let observer = hosts[1].daemon.observer
        #expect(Health(observer.snapshot()).findings.contains { $0.kind == .settingsNotTaken })
        fleet.set(before)
        advance([hosts[1]], by: .seconds(5))
        let health = Health(observer.snapshot())
        #expect(!health.findings.contains { $0.kind == .settingsNotTaken } && health.readiness.isGood)
        try await stop([hosts[1]])
    }

    @Test func `a daemon that starts and cannot take the settings ends, and says what to do`() async throws {
        let first = start(1, HostFile(minutes: 11))
        advance([first], by: .seconds(10))
        let second = start(2, HostFile(minutes: 6, mostMinutes: 10))
        advance([first, second], by: .seconds(10))
        await #expect(
            throws: StoreProblem.unfit(
                place: "memory", detail: "its daemons follow settings that this version cannot apply: that is too long",
                remedy: "install the version that the other daemons have")
        ) { try await second.run.value }
        // Nobody misses it.
        #expect(fleet.members.map(\.id) == [1])
        try await stop([first])
    }
}
