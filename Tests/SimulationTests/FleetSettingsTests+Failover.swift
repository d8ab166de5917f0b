import RefreshCore
import RefreshDaemon
import TestSupport
import Testing

/// Another server, and a store that does not answer.
extension FleetSettingsTests {
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
                "another server took over the store, and it is not yet known whether it lacks recent changes; "
                    + "try again in a moment")
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
