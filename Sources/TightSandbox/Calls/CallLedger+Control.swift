import RefreshCore
import Synchronization

extension CallLedger {
    /// Sets one user's script, or removes it (nil); false if there is no such user.
    func set(_ script: Script?, for user: UserID) -> Bool {
        guard let index = directory.index(of: user) else { return false }
        state.withLock { $0.directions.scripts[index] = script }
        return true
    }

    /// Sets the script for users without one of their own; nil returns to the shares.
    ///
    /// These users share it: each call takes the next step.
    func setForAll(_ script: Script?) {
        state.withLock { $0.directions.scriptForAll = script }
    }

    func set(_ outage: Outage?) {
        state.withLock { $0.outage = outage }
    }

    var outage: Outage? {
        state.withLock { $0.outage }
    }

    /// Forgets calls, scripts and the outage; calls in flight are answered but no longer counted.
    func reset() {
        state.withLock { state in
            state.directions.reset()
            state.log = CallLog()
            state.outage = nil
            state.calls = Array(repeating: UserCalls(), count: state.calls.count)
        }
    }

    /// Suspends until the condition holds; returns at once if it already does.
    func wait(for condition: WaitingRoom.Condition) async throws {
        let end = state.withLock { state in
            defer { state.releaseMet() }
            return state.waiting.enter(condition)
        }
        for await _ in end {}
        try Task.checkCancellation()
    }
}
