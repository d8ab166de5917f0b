import Foundation
import RefreshCore
import RefreshDaemon
import TestSupport

/// How one seed fared.
struct Verdict: Sendable {
    let scenario: Scenario
    let violations: [Violation]
    let calls: [ScriptedBank.LoggedCall]
    let simulated: Duration
}

extension ScenarioRun {
    static func verdict(on scenario: Scenario) async throws -> Verdict {
        let run = ScenarioRun(scenario)
        try await run.play()
        let leaks = try await run.leaks()
        // To a stopped daemon: what it holds then is what it would hold for good.
        run.process?.daemon.daemon.stop()
        run.nextLife.downtime = .days(1_000)
        let calls = run.bank.log
        run.advance(to: run.time.uptime + .minutes(5))
        let rows = try await run.store.users(matching: .all, after: nil, limit: .max)
        let judge = Judge(
            scenario: scenario, facts: run.testimony.all, log: calls, rows: rows,
            leasesLeft: try await run.store.census(now: run.time.now).leased, cleared: run.cleared,
            clearedCalendar: run.clearedCalendar)
        let violations = leaks + judge.violations
        run.bury()
        return Verdict(scenario: scenario, violations: violations, calls: calls, simulated: run.time.uptime)
    }

    private func bury() {
        trouble.set(.everything)
        for process in dead + [process].compactMap({ $0 }) { process.bury() }
    }

    /// 7. No token in anything the daemon says.
    private func leaks() async throws -> [Violation] {
        var found: [Violation] = []
        func check(_ text: String, _ what: String) {
            if found.isEmpty, text.contains(Self.tokenMark) {
                found.append(Violation(7, "a token is in \(what): \(text)"))
            }
        }
        for process in dead + [process].compactMap({ $0 }) {
            for (index, event) in process.daemon.events.events.enumerated() {
                if case .attempted(let attempt, let user, _) = event {
                    check((attempt.outcome.reason ?? "") + (user.record.lastAttempt?.reason ?? ""), "an outcome")
                    // Taking every one of them apart would take longer than the simulation.
                    guard index.isMultiple(of: 32) else { continue }
                }
                check("\(event)" + String(reflecting: event), "an event")
            }
            for message in Set(process.daemon.notifier.messages.map { "\($0)" }) { check(message, "a status") }
        }
        let rows = try await store.users(matching: .all, after: nil, limit: 200)
        let reports = try JSONEncoder().encode(rows.map(UserReport.init))
        check(String(decoding: reports, as: UTF8.self), "a report")
        return found
    }
}
