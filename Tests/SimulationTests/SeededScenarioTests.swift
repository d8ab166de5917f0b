import Foundation
import RefreshCore
import TestSupport
import Testing

/// The whole daemon through life stories drawn from seeds, judged by what others saw of it.
@Suite struct SeededScenarioTests {
    private static let environment = ProcessInfo.processInfo.environment

    /// One seed to replay, or a range to explore; nil for what every change has to pass.
    private static var asked: [UInt64]? {
        if let seed = environment["SIMULATION_SEED"].flatMap(UInt64.init) { return [seed] }
        guard let first = environment["SIMULATION_FIRST"].flatMap(UInt64.init),
            let count = environment["SIMULATION_COUNT"].flatMap(UInt64.init)
        else { return nil }
        return Array(first..<(first + count))
    }

    /// Of the last ones, two once brought two pauses at once that left store and daemon with different ones; one has
    /// nobody left but users who are always refused; one sets the clock in a drain that a boot follows.
    static var seeds: [UInt64] {
        asked ?? Array(1...40) + [7_000_091, 500_000_022, 888_375_036, 250_398_715]
    }
    static var freshSeeds: [UInt64] { asked == nil ? (0..<10).map { _ in .random(in: 1_000_000...999_999_999) } : [] }

    @Test(arguments: seeds)
    func `keeps every promise`(_ seed: UInt64) async throws {
        try await judge(seed)
    }

    @Test(arguments: freshSeeds)
    func `keeps every promise in stories that were never told`(_ seed: UInt64) async throws {
        try await judge(seed)
    }

    @Test(arguments: [3, 8, 541] as [UInt64])
    func `tells the same story for the same seed`(_ seed: UInt64) async throws {
        let first = try await ScenarioRun.verdict(on: Scenario(seed: seed))
        let second = try await ScenarioRun.verdict(on: Scenario(seed: seed))
        #expect(first.calls == second.calls)
        #expect(!first.calls.isEmpty)
    }

    private func judge(_ seed: UInt64) async throws {
        let scenario = try Scenario(seed: seed)
        let began = ContinuousClock.now
        let verdict = try await ScenarioRun.verdict(on: scenario)
        let took = ContinuousClock.now - began
        // One line each, which scripts/simulate.sh adds up.
        print(
            "simulated seed \(seed): \(verdict.calls.count) calls, \(Int(verdict.simulated / .hours(1))) h, "
                + "\(Int(took / .milliseconds(1))) ms, \(verdict.violations.isEmpty ? "passed" : "FAILED")")
        guard !verdict.violations.isEmpty else { return }
        Issue.record(
            """
            \(verdict.violations.count) promises broken:
              \(verdict.violations.prefix(8).map(\.description).joined(separator: "\n  "))
            \(scenario)
            Replay it: SIMULATION_SEED=\(seed) swift test --filter SeededScenarioTests
            """)
    }
}
