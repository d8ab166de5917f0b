import RefreshCore
import RefreshDaemon
import TestSupport
import Testing

/// The settings that daemons of one store have in common, in virtual time.
@Suite struct FleetSettingsTests {
    private let world = Simulation()
    private let store = MemoryUserStore()
    private let bank: ScriptedBank
    private let fleet: MemoryFleet

    init() {
        bank = ScriptedBank(time: world.time)
        fleet = MemoryFleet(sharing: store, time: world.time)
    }

    // MARK: Hosts

    /// A daemon on a host of its own, with its file.
    private struct Host {
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

    private func start(_ id: Int64, _ file: HostFile) -> Host {
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

    private func advance(_ hosts: [Host], by duration: Duration) {
        world.advance(by: duration, processes: hosts.map(\.process))
    }

    private func stop(_ hosts: [Host]) async throws {
        for host in hosts { host.daemon.daemon.stop() }
        advance(hosts, by: .minutes(2))
        for host in hosts { try await host.run.value }
    }

    private func reload(_ host: Host, publish: Bool? = nil, among hosts: [Host]) async throws -> ReloadReport {
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

    @Test func `a daemon that cannot take the settings says so, is named by the reload, and makes no calls`()
        async throws
    {
        let hosts = [start(1, HostFile(minutes: 6)), start(2, HostFile(minutes: 6, mostMinutes: 10))]
        try await store.addFleet(16_000, policy: hosts[0].file.settings.policies.standard, now: world.time.now)
        advance(hosts, by: .minutes(3))
        #expect(hosts.allSatisfy { $0.daemon.attempts > 10 })
        hosts[0].file.write(minutes: 11)
        let report = try await reload(hosts[0], among: hosts)
        #expect(report.pending == ["host-2"])
        #expect(hosts[1].events.count { $0 == .settingsNotTaken(detail: "11 is too long") } == 1)
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
                place: "memory", detail: "its daemons follow settings that this version cannot take: 11 is too long",
                remedy: "install the version that the other daemons have")
        ) { try await second.run.value }
        // Nobody misses it.
        #expect(fleet.members.map(\.id) == [1])
        try await stop([first])
    }

    // MARK: Another server, and a store that does not answer

    @Test func `who starts alone while a server takes over brings its file once it is known what that lacks`()
        async throws
    {
        let before = start(1, HostFile(minutes: 6))
        advance([before], by: .seconds(10))
        try await stop([before])
        fleet.setPromotion(isOpen: true)
        let host = start(1, HostFile(minutes: 9))
        advance([host], by: .seconds(10))
        #expect(fleet.settings?.text == "6" && host.floor == .minutes(9))
        fleet.setPromotion(isOpen: false)
        advance([host], by: .seconds(10))
        #expect(fleet.settings?.text == "9" && host.floor == .minutes(9))
        #expect(host.events.contains(.settingsPublished(changes: ["floor: 6m → 9m"])))
        try await stop([host])
    }

    @Test func `a daemon that starts while a server takes over for long waits for the settings, and says so`()
        async throws
    {
        let first = start(1, HostFile(minutes: 6))
        advance([first], by: .seconds(10))
        fleet.setPromotion(isOpen: true)
        let second = start(2, HostFile(minutes: 9))
        let hosts = [first, second]
        advance(hosts, by: .seconds(40))
        let waiting = Health(second.daemon.observer.snapshot())
        #expect(!waiting.readiness.isGood && waiting.liveness.isGood)
        #expect(waiting.readiness.words.hasPrefix("This daemon waits for the settings of the fleet. "))
        #expect(waiting.findings.first?.kind == .settingsAwaited)
        let notes = second.daemon.notifier
        #expect(notes.messages.contains(.status("Waiting for the settings of the fleet, 0 in flight")))
        #expect(notes.messages.count { $0 == .extend(.minutes(1)) } > 10)
        #expect(!notes.messages.contains { if case .ready = $0 { true } else { false } })
        #expect(second.events.count { $0 == .settingsAwaited } == 1)
        let status = Task(executorPreference: world.executor) { [operations = second.daemon.operations] in
            try await operations.perform(ReadStatus())
        }
        // The store does not answer for a while.
        fleet.cutOff([2])
        advance(hosts, by: .seconds(10))
        #expect(try await status.value.health.headline == "This daemon waits for the settings of the fleet")
        fleet.cutOff([])
        fleet.setPromotion(isOpen: false)
        advance(hosts, by: .seconds(10))
        #expect(second.floor == .minutes(6) && second.differences.count == 1)
        #expect(notes.messages.contains { if case .ready = $0 { true } else { false } })
        #expect(Health(second.daemon.observer.snapshot()).readiness.isGood)
        // A stop ends the wait.
        fleet.setPromotion(isOpen: true)
        let third = start(3, HostFile(minutes: 9))
        advance(hosts + [third], by: .seconds(40))
        #expect(third.events.contains(.settingsAwaited))
        try await stop([third])
        fleet.setPromotion(isOpen: false)
        try await stop(hosts)
    }

    @Test func `a reload right after another server took over goes from what was published last`() async throws {
        let hosts = (1...2).map { start(Int64($0), HostFile(minutes: 6)) }
        advance(hosts, by: .seconds(10))
        for (older, minutes) in [(fleet.settings, 9), (nil, 12)] {
            hosts[0].file.write(minutes: minutes)
            _ = try await reload(hosts[0], among: hosts)
            fleet.set(older)
            hosts[0].file.write(minutes: minutes + 1)
            let report = try await reload(hosts[0], among: hosts)
            #expect(report.published == ["floor: \(minutes)m → \(minutes + 1)m"] && report.pending.isEmpty)
            advance(hosts, by: .seconds(10))
            #expect(hosts.allSatisfy { $0.floor == .minutes(Int64(minutes) + 1) })
        }
        try await stop(hosts)
    }

    @Test func `a reload waits for a server that takes over, and says so if that takes too long`() async throws {
        let hosts = (1...2).map { start(Int64($0), HostFile(minutes: 6)) }
        advance(hosts, by: .seconds(10))
        fleet.setPromotion(isOpen: true)
        hosts[0].file.write(minutes: 9)
        await #expect(
            throws: OperationProblem.failed(
                "another server took over the store, and it is not known yet what it lacks; try again in a moment")
        ) { try await reload(hosts[0], among: hosts) }
        let waiting = Task(executorPreference: world.executor) { [operations = hosts[0].daemon.operations] in
            try await operations.perform(ReloadConfiguration())
        }
        advance(hosts, by: .seconds(5))
        fleet.setPromotion(isOpen: false)
        advance(hosts, by: .seconds(15))
        #expect(try await waiting.value.published == ["floor: 6m → 9m"])
        #expect(hosts.allSatisfy { $0.floor == .minutes(9) })
        try await stop(hosts)
    }

    @Test func `a reload before the first settings were taken waits for them`() async throws {
        let first = start(1, HostFile(minutes: 6))
        advance([first], by: .seconds(10))
        fleet.setPromotion(isOpen: true)
        let hosts = [first, start(2, HostFile(minutes: 7))]
        hosts[1].file.write(minutes: 8)
        let waiting = Task(executorPreference: world.executor) { [operations = hosts[1].daemon.operations] in
            try await operations.perform(ReloadConfiguration())
        }
        advance(hosts, by: .seconds(5))
        fleet.setPromotion(isOpen: false)
        advance(hosts, by: .seconds(15))
        #expect(try await waiting.value.published == ["floor: 6m → 8m"])
        #expect(hosts.allSatisfy { $0.floor == .minutes(8) })
        try await stop(hosts)
    }

    @Test func `a publication whose answer is lost is in force`() async throws {
        let hosts = (1...2).map { start(Int64($0), HostFile(minutes: 6)) }
        advance(hosts, by: .seconds(10))
        fleet.loseAnswer()
        hosts[0].file.write(minutes: 9)
        let report = try await reload(hosts[0], among: hosts)
        #expect(report.published == ["floor: 6m → 9m"] && report.pending.isEmpty)
        #expect(hosts.allSatisfy { $0.floor == .minutes(9) })
        try await stop(hosts)
    }

    @Test func `of a daemon of an older version a reload says that it follows its own file`() async throws {
        let host = start(1, HostFile(minutes: 6))
        let older = Task(executorPreference: world.executor) { [world, fleet] in
            while true {
                _ = try await fleet.member(3).beat(MemberReport())
                try await world.time.sleep(for: .seconds(2))
            }
        }
        advance([host], by: .seconds(10))
        host.file.write(minutes: 9)
        let report = try await reload(host, among: [host])
        #expect(report.older == ["host-3"] && report.pending.isEmpty)
        older.cancel()
        try await stop([host])
    }

    @Test func `after an outage of the store a daemon that starts overrules nobody`() async throws {
        let hosts = (1...2).map { start(Int64($0), HostFile(minutes: 6)) }
        advance(hosts, by: .seconds(10))
        fleet.cutOff([1, 2, 3])
        advance(hosts, by: .minutes(10))
        fleet.cutOff([1, 2])
        let third = start(3, HostFile(minutes: 9))
        advance(hosts + [third], by: .seconds(10))
        #expect(third.floor == .minutes(6) && third.differences.count == 1)
        fleet.cutOff([])
        try await stop(hosts + [third])
    }

    @Test func `without others there is nothing to publish`() async throws {
        let daemon = SimulatedDaemon(in: world, store: store, bank: bank, settings: DaemonSettings())
        let reload = Task(executorPreference: world.executor) {
            try await daemon.operations.perform(ReloadConfiguration(publish: true))
        }
        world.settle()
        await #expect(throws: OperationProblem.self) { try await reload.value }
    }
}
