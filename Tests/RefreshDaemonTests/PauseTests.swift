import RefreshCore
import RefreshDaemon
import TestSupport
import Testing

/// What the service manager is told of the operator's pause.
@Suite struct PauseTests {
    private let bench = Workbench()

    private var status: String? {
        bench.daemon.notifier.messages.compactMap { if case .status(let text) = $0 { text } else { nil } }.last
    }

    @Test func `the status line tells of a pause and of its end at once`() async throws {
        try await bench.store.addFleet(1, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        bench.world.advance(by: .milliseconds(500))
        for number in 1...5 {
            try await bench.perform { _ = try await $0.perform(PauseAll(reason: "repair \(number)")) }
            bench.world.advance(by: .milliseconds(100))
            #expect(status?.hasPrefix("Paused by the operator (repair \(number))") == true)
            try await bench.perform { _ = try await $0.perform(ResumeAll()) }
            bench.world.advance(by: .milliseconds(100))
            #expect(status?.contains("Paused") == false)
        }
        try await bench.stop(run)
    }
}
