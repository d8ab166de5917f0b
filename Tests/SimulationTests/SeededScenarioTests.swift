import Foundation
import RefreshCore
import TestSupport
import Testing

/// The whole daemon through life stories drawn from seeds, judged by what others saw of it.
@Suite struct SeededScenarioTests {
    private static let environment = ProcessInfo.processInfo.environment

    /// One seed to replay, a range to explore, or what every change has to pass.
    static var seeds: [UInt64] {
        if let seed = environment["SIMULATION_SEED"].flatMap(UInt64.init) { return [seed] }
        if let first = environment["SIMULATION_FIRST"].flatMap(UInt64.init),
            let count = environment["SIMULATION_COUNT"].flatMap(UInt64.init)
        {
            return Array(first..<(first + count))
        }
        return Array(1...40)
    }

    static var freshSeeds: [UInt64] {
        let isAsked = (environment["SIMULATION_SEED"] ?? environment["SIMULATION_FIRST"]) != nil
        return isAsked ? [] : (0..<10).map { _ in UInt64.random(in: 1_000...999_999_999) }
    }

    @Test(arguments: seeds)
    func `keeps every promise`(_ seed: UInt64) async throws {
        try await judge(seed)
    }

    private func judge(_ seed: UInt64) async throws {
        let scenario = try Scenario(seed: seed, size: .usual)
        let began = ContinuousClock.now
        let verdict = try await ScenarioRun.verdict(on: scenario)
        let days = verdict.simulated / .days(1)
        if Self.environment["SIMULATION_TRACE"] != nil {
            for (i, c) in verdict.calls.enumerated() { print("CALL", i, c.beganAt, c.endedAt as Any, c.outcome as Any) }
        }
        print("seed \(seed): \(verdict.calls.count) calls, \(Int(days)) days, \(ContinuousClock.now - began)")
        guard !verdict.violations.isEmpty else { return }
        let shown = verdict.violations.prefix(8).map(\.description).joined(separator: "\n  ")
        Issue.record(
            """
            \(verdict.violations.count) violations:
              \(shown)
            \(scenario)
            Replay it: SIMULATION_SEED=\(seed) swift test --filter SeededScenarioTests
            """)
    }
}
