import Synchronization

/// Wakes tasks that wait for a change of the store by another daemon or a command.
///
/// One ring without a waiter is kept, so that no ring between two waits is lost.
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

    /// Rings the bells of all listeners once the transaction is committed.
    ///
    /// Only for operators' transactions: at COMMIT it takes a lock on the whole server.
    static let ring = Statement("NOTIFY \(channel)")

    /// How often the bell rang; a task that looks for changes starts over after each ring.
    var rings: Int { state.withLock { $0.rings } }

    /// Whether the server cannot notify, because a pooler is in between.
    var isDeaf: Bool { state.withLock { $0.isDeaf } }

    /// Handles a new connection: changes from before it were not heard.
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

    /// Returns at the next ring, or when the task is cancelled.
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
