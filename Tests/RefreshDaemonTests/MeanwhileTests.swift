import RefreshCore
import RefreshDaemon
import TestSupport
import Testing

/// What happens to a user while a call for it is under way.
@Suite struct MeanwhileTests {
    let bench = Workbench()

    func duringCall(
        answering outcome: Outcome, _ act: @escaping @Sendable (DaemonContext, UserID) async throws -> Void
    ) async throws -> User? {
        bench.bank.answer { _, _, _ in (outcome, .seconds(30)) }
        try await bench.store.addFleet(1, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        let id = try Fleet.id(0)
        let operations = bench.daemon.operations
        let call = Task(executorPreference: bench.world.executor) {
            try await operations.perform(RefreshUsers([id], force: false))
        }
        bench.world.advance(by: .seconds(1))
        try await bench.perform { try await act($0, id) }
        bench.world.advance(by: .minutes(1))
        _ = try await call.value
        try await bench.stop(run)
        return try await bench.store.user(id)
    }

    @Test func `a pause holds`() async throws {
        let user = try await duringCall(answering: .refreshed) { operations, id in
            _ = try await operations.perform(PauseUser(id, until: nil))
        }
        #expect(user?.state == .paused(nil))
        #expect(user?.record.lastSuccess != nil)
    }

    @Test func `a new token is not parked for the old one's fault`() async throws {
        let user = try await duringCall(answering: .unauthorized) { operations, id in
            _ = try await operations.perform(PutUsers([UserEntry(id: id, token: try Fleet.token(77))]))
        }
        #expect(user?.state.kind == .scheduled)
        #expect(user?.record.lastAttempt?.outcome == .unauthorized)
    }

    @Test func `a removed user stays removed, and its attempt is still told`() async throws {
        let user = try await duringCall(answering: .refreshed) { operations, id in
            _ = try await operations.perform(RemoveUsers([id]))
        }
        #expect(user == nil)
        #expect(bench.daemon.events.attempts.count == 1)
    }
}
