import RefreshCore
import Synchronization
import TestSupport
import Testing

@testable import RefreshDaemon

@Suite struct ReloadTests {
    struct FixedSource: ConfigurationSource {
        let settings: DaemonSettings

        func load() async throws(OperationProblem) -> LoadedConfiguration {
            LoadedConfiguration(
                settings: settings, report: ReloadReport(changes: ["schedule.every: 24h → 1h"], needRestart: []))
        }
    }

    @Test func `a good configuration takes effect for every user at once`() async throws {
        var hourly = DaemonSettings()
        hourly.policies.standard.cadence = Cadence(every: .hours(1))
        hourly.policies.standard.minimumInterval = .minutes(30)
        hourly.policies.standard.attemptsPerDay = 24
        let bench = Workbench(source: FixedSource(settings: hourly))
        try await bench.store.addFleet(100, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        let report = try await bench.perform { try await $0.perform(ReloadConfiguration()) }
        #expect(report.changes == ["schedule.every: 24h → 1h"])
        bench.world.advance(by: .hours(1))
        #expect(Set(bench.bank.log.map { $0.token.secret.withBytes { Array($0) } }).count == 100)
        #expect(bench.events.contains(.reloaded(changes: ["schedule.every: 24h → 1h"], needRestart: [])))
        try await bench.stop(run)
    }

    @Test func `a bad configuration changes nothing and is told in full`() async throws {
        let bench = Workbench()
        let before = bench.daemon.settings.value
        let run = bench.start()
        await #expect(throws: OperationProblem.configurationRefused(["there is no configuration file"])) {
            _ = try await bench.perform { try await $0.perform(ReloadConfiguration()) }
        }
        #expect(bench.daemon.settings.value == before)
        #expect(bench.events.contains(.reloadRefused(problems: ["there is no configuration file"])))
        try await bench.stop(run)
    }

    @Test func `a reload that cannot be done says why, and blames no file`() async throws {
        struct SilentSource: ConfigurationSource {
            func load() async throws(OperationProblem) -> LoadedConfiguration {
                throw .failed("other daemons publish their settings")
            }
        }
        let bench = Workbench(source: SilentSource())
        let run = bench.start()
        await #expect(throws: OperationProblem.failed("other daemons publish their settings")) {
            _ = try await bench.perform { try await $0.perform(ReloadConfiguration()) }
        }
        #expect(bench.events.contains(.reloadRefused(problems: ["other daemons publish their settings"])))
        guard case .status(let status)? = bench.daemon.notifier.messages.last else {
            Issue.record("no status")
            return
        }
        #expect(!status.contains("refused"))
        try await bench.stop(run)
    }

    @Test func `a reload that somebody waits for is not announced to the service manager, but its outcome shows`()
        async throws
    {
        let bench = Workbench()
        let run = bench.start()
        let before = bench.daemon.notifier.messages.count
        _ = try? await bench.perform { try await $0.perform(ReloadConfiguration()) }
        let messages = bench.daemon.notifier.messages.dropFirst(before)
        guard case .status(let status)? = messages.first, messages.count == 1 else {
            Issue.record("\(messages)")
            return
        }
        #expect(status.contains("refused"))
        try await bench.stop(run)
    }

    @Test func `the service manager hears of the begin and end of a reload by signal, refused or not`() async throws {
        let bench = Workbench()
        let run = bench.start()
        _ = try? await bench.perform { try await $0.reloadBySignal() }
        let messages = bench.daemon.notifier.messages
        let begin = try #require(messages.firstIndex(of: .reloading))
        guard case .ready(let status) = messages[begin + 1] else {
            Issue.record("READY does not follow RELOADING")
            return
        }
        #expect(status.contains("refused"))
        try await bench.stop(run)
    }

    @Test func `the status line tells of a refused file for as long as it is not mended`() async throws {
        let bench = Workbench()
        let run = bench.start()
        _ = try? await bench.perform { try await $0.perform(ReloadConfiguration()) }
        let before = bench.daemon.notifier.messages.count
        bench.world.advance(by: .minutes(2))
        let told = bench.daemon.notifier.messages.dropFirst(before).compactMap { message -> String? in
            if case .status(let text) = message { text } else { nil }
        }
        #expect(!told.isEmpty)
        #expect(told.allSatisfy { $0.contains("reload refused, 1 problem in the file") })
        try await bench.stop(run)
    }

    @Test func `a good file ends what the status line tells of a refused one`() async throws {
        let bench = Workbench(source: FixedSource(settings: DaemonSettings()))
        bench.daemon.settings.fileRefused(problems: 2)
        let run = bench.start()
        _ = try await bench.perform { try await $0.perform(ReloadConfiguration()) }
        let status = try await bench.perform { try await $0.perform(ReadStatus()) }
        #expect(!status.summary.contains("refused"))
        try await bench.stop(run)
    }

    /// Answers as it is told to, one time after the other.
    final class ScriptedSource: ConfigurationSource {
        private let answers: Mutex<[Result<ReloadReport, OperationProblem>]>

        init(_ answers: Result<ReloadReport, OperationProblem>...) {
            self.answers = Mutex(answers)
        }

        func load() async throws(OperationProblem) -> LoadedConfiguration {
            let answer = answers.withLock { $0.removeFirst() }
            return LoadedConfiguration(settings: DaemonSettings(), report: try answer.get())
        }
    }

    @Test func `the status tells what is in force since when, what the last reload did and what waits`() async throws {
        let changed = ReloadReport(changes: ["a: 1 → 2"], needRestart: ["b: 1 → 2"])
        let source = ScriptedSource(
            .success(changed), .failure(.configurationRefused(["c: no such key", "d: too long"])),
            .success(ReloadReport(changes: [], needRestart: [])))
        let bench = Workbench(source: source)
        let run = bench.start()
        func configuration() async throws -> ConfigurationReport? {
            try await bench.perform { try await $0.perform(ReadStatus()) }.configuration
        }
        let start = bench.world.time.now.description
        #expect(try await configuration() == ConfigurationReport(inForceSince: start))

        bench.world.advance(by: .hours(1))
        let first = bench.world.time.now.description
        _ = try await bench.perform { try await $0.perform(ReloadConfiguration()) }
        let taken = ConfigurationReport(
            inForceSince: first, needRestart: ["b: 1 → 2"], lastReload: .init(at: first, changes: ["a: 1 → 2"]))
        #expect(try await configuration() == taken)

        bench.world.advance(by: .hours(1))
        let second = bench.world.time.now.description
        _ = try? await bench.perform { try await $0.perform(ReloadConfiguration()) }
        var refused = taken
        refused.lastReload = .init(at: second, problems: ["c: no such key", "d: too long"])
        #expect(try await configuration() == refused)

        bench.world.advance(by: .hours(1))
        let third = bench.world.time.now.description
        _ = try await bench.perform { try await $0.perform(ReloadConfiguration()) }
        #expect(
            try await configuration() == ConfigurationReport(inForceSince: first, lastReload: .init(at: third)))
        try await bench.stop(run)
    }
}
