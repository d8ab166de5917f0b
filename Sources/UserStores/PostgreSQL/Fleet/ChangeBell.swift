import Synchronization

/// Wakes who waits for what another daemon, or a command, changed in the store.
///
/// One ring that nobody waited for is kept, so that none is lost between two waits.
final class ChangeBell: Sendable {
    private struct State {
        var rings = 0
        var isPending = false
        var isDeaf = false
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var lastWaiter = 0
    }

    private let state = Mutex(State())

    static let channel = "bankrefreshd"

    /// Rings the bells of all who listen once the transaction is committed.
    ///
    /// For the transactions of operators alone: it takes a lock of the whole server at COMMIT.
    static let ring = Statement("NOTIFY \(channel)")

    /// How often it rang; who looks for what changed begins anew after each time.
    var rings: Int { state.withLock { $0.rings } }

    /// Whether the server can tell nothing, for there is a pooler before it.
    var isDeaf: Bool { state.withLock { $0.isDeaf } }

    /// A new connection: what happened before it was not heard.
    func connected(isHeard: Bool) {
        state.withLock { $0.isDeaf = !isHeard }
        heard()
    }

    func heard() {
        let waiters = state.withLock { state in
            state.rings += 1
            state.isPending = state.waiters.isEmpty
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Ends at the next ring, or when the task is cancelled.
    func wait() async {
        let number = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let isOver = state.withLock { state in
                    if state.isPending || Task.isCancelled {
                        state.isPending = false
                        return true
                    }
                    state.waiters[number] = waiter
                    return false
                }
                if isOver { waiter.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
    }
}
