import RefreshCore
import Synchronization

/// Leases that nothing will be settled under, until the store has taken them back.
package final class LeaseReturns: Sendable {
    private let leases = Mutex<[Lease]>([])
    private let wakeSignal: WakeSignal

    /// `wakeSignal` is the scheduler's, who hands them back at its next turn, and again while the store refuses.
    package init(wakeSignal: WakeSignal) {
        self.wakeSignal = wakeSignal
    }

    func add(_ more: some Sequence<Lease>) {
        leases.withLock { $0 += more }
    }

    /// As `add`, and has the scheduler see to it now.
    func handBack(_ lease: Lease) {
        add([lease])
        wakeSignal.send()
    }

    func release(to store: any UserStore) async throws(StoreProblem) {
        let waiting = leases.withLock { $0 }
        guard !waiting.isEmpty else { return }
        try await store.release(waiting)
        leases.withLock { $0.removeFirst(waiting.count) }
    }
}
