import RefreshCore
import Synchronization

extension CallLedger {
    /// Sets one user's script, or removes it (nil); false if there is no such user.
    func set(_ script: Script?, for user: UserID) -> Bool {
        guard let index = index(of: user) else { return false }
        state.withLock { $0.accounts[index].script = script }
        return true
    }

    /// Sets the script for users without one of their own; nil returns to the shares.
    ///
    /// These users share it: each call takes the next step.
    func setForAll(_ script: Script?) {
        state.withLock { $0.scriptForAll = script }
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
            state.generation += 1
            state.log = CallLog()
            state.ended = 0
            state.outage = nil
            state.scriptForAll = nil
            for index in state.accounts.indices {
                state.accounts[index].script = nil
                state.accounts[index].calls = UserCalls()
            }
        }
    }

    /// Suspends until the condition holds; returns at once if it already does.
    func wait(for condition: WaitingRoom.Condition) async throws {
        let ticket = state.withLock { $0.waiting.ticket() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let met = state.withLock { state -> WaitingRoom.Met in
                    guard state.waiting.enter(ticket, condition, continuation) else {
                        return .cancelled(continuation)
                    }
                    return state.takeMet()
                }
                met.resume()
            }
        } onCancel: {
            state.withLock { $0.waiting.leave(ticket) }.resume()
        }
    }
}
