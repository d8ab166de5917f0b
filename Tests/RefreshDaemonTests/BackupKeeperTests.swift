import RefreshCore
import Synchronization
import TestSupport
import Testing

@testable import RefreshDaemon

/// When the daemon backs its store up, and what it says when it cannot.
@Suite struct BackupKeeperTests {
    private final class Backups: StoreBackingUp {
        private struct State {
            var newest: Timestamp?
            var failure: BackupFailure?
            var made: [(directory: String, keep: Int, at: Timestamp)] = []
            var tries = 0
        }

        private let state = Mutex(State())

        init(newest: Timestamp? = nil) { state.withLock { $0.newest = newest } }

        var made: [(directory: String, keep: Int, at: Timestamp)] { state.withLock { $0.made } }
        var tries: Int { state.withLock { $0.tries } }
        func fail(_ problem: BackupFailure?) { state.withLock { $0.failure = problem } }

        func newestBackup(in directory: String) async -> Timestamp? { state.withLock { $0.newest } }

        func backUp(to directory: String, keep: Int, at moment: Timestamp) async throws(BackupFailure) -> StoreBackup {
            try state.withLock { (state) throws(BackupFailure) in
                state.tries += 1
                if let failure = state.failure { throw failure }
                state.made.append((directory, keep, moment))
            }
            return StoreBackup(
                path: directory + "/b", mark: BackupMark(takenAt: moment, version: "1", users: 3), bytes: 9,
                took: .seconds(1))
        }
    }

    let world = Simulation()
    let store = MemoryUserStore()

    private func daemon(_ backups: Backups, plan: BackupPlan?) -> SimulatedDaemon {
        SimulatedDaemon(
            in: world, store: store, bank: ScriptedBank(time: world.time), settings: DaemonSettings(backup: plan),
            backingUp: backups)
    }

    private func with(
        _ backups: Backups, plan: BackupPlan? = BackupPlan(directory: "/b", every: .hours(6), keep: 8),
        _ body: (SimulatedDaemon) async throws -> Void
    ) async throws {
        let daemon = daemon(backups, plan: plan)
        let run = daemon.start(in: world)
        world.settle()
        try await body(daemon)
        daemon.daemon.stop()
        world.advance(by: .minutes(2))
        try await run.value
    }

    private func status(_ daemon: SimulatedDaemon) async throws -> StatusReport {
        let operations = daemon.operations
        let task = Task(executorPreference: world.executor) { try await operations.perform(ReadStatus()) }
        world.settle()
        return try await task.value
    }

    @Test func `the first is made at once where there is none, then as often as asked for`() async throws {
        let backups = Backups()
        let began = world.time.now
        try await with(backups) { daemon in
            world.advance(by: .days(1))
            let ages = backups.made.map { began.duration(to: $0.at) }
            #expect(ages.count == 5)
            for (age, number) in zip(ages, 0...) {
                #expect(age >= .hours(6) * number && age <= .hours(6) * number + .minutes(1) * (number + 1), "\(age)")
            }
            #expect(backups.made.allSatisfy { $0.directory == "/b" && $0.keep == 8 })
            let report = try await status(daemon).backup
            #expect(report == BackupReport(every: "6h", last: backups.made.last?.at.description))
        }
    }

    @Test func `a restart goes on where the newest backup is`() async throws {
        let backups = Backups(newest: world.time.now.advanced(by: .hours(-4)))
        try await with(backups) { _ in
            world.advance(by: .hours(1))
            #expect(backups.made.isEmpty)
            world.advance(by: .hours(2))
            #expect(backups.made.count == 1)
        }
    }

    @Test func `one that was taken in the future is none`() async throws {
        let backups = Backups(newest: world.time.now.advanced(by: .days(400)))
        try await with(backups) { _ in
            world.advance(by: .minutes(1))
            #expect(backups.made.count == 1)
        }
    }

    @Test func `a failure is told once, tried again, and shown until one is good`() async throws {
        let backups = Backups(newest: world.time.now.advanced(by: .hours(-5)))
        backups.fail(.backup(.notWritten(file: "/b/x", .full)))
        let words = "the backup /b/x cannot be written: its disk is full (make room; existing backups stay)"
        try await with(backups) { daemon in
            world.advance(by: .hours(12))
            let told = daemon.events.events.filter { if case .backupFailed = $0 { true } else { false } }
            let last = world.time.now.advanced(by: .hours(-17))
            #expect(told == [.backupFailed(detail: words, last: last)])
            // Sooner than the plan says, and not all the time.
            #expect((10...30).contains(backups.tries))
            let report = try await status(daemon).backup
            #expect(
                report == BackupReport(every: "6h", last: last.description, failure: words)
            )
            backups.fail(nil)
            world.advance(by: .hours(2))
            #expect(backups.made.count == 1)
            let after = try await status(daemon)
            #expect(after.backup?.failure == nil)
            #expect(daemon.events.events.contains { if case .backupMade = $0 { true } else { false } })
        }
    }

    @Test func `none are made unless they are asked for, and a reload asks for them`() async throws {
        let backups = Backups()
        try await with(backups, plan: nil) { daemon in
            world.advance(by: .days(1))
            #expect(backups.made.isEmpty)
            let before = try await status(daemon)
            #expect(before.backup == nil)
            _ = daemon.settings.replace(
                with: DaemonSettings(backup: BackupPlan(directory: "/c", every: .hours(1), keep: 2)))
            world.advance(by: .hours(3) - .minutes(5))
            #expect(backups.made.map(\.directory) == ["/c", "/c", "/c"])
            _ = daemon.settings.replace(with: DaemonSettings())
            world.advance(by: .hours(3))
            #expect(backups.made.count == 3)
            let after = try await status(daemon)
            #expect(after.backup == nil)
        }
    }

    @Test func `a backup is never made while the daemon ends`() async throws {
        let backups = Backups()
        try await with(backups) { _ in world.advance(by: .hours(7)) }
        let count = backups.tries
        world.advance(by: .days(2))
        #expect(backups.tries == count)
    }
}
