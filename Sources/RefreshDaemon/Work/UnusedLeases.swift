import RefreshCore
import Synchronization

/// Leases that nothing will be settled under, until the store has taken them back.
package final class UnusedLeases: Sendable {
    private let leases = Mutex<[Lease]>([])
    private let doorbell: Doorbell

    /// `doorbell` is the scheduler's, who hands them back at its next turn, and again while the store refuses.
    package init(doorbell: Doorbell) {
        self.doorbell = doorbell
    }

    func add(_ more: some Sequence<Lease>) {
        leases.withLock { $0 += more }
    }

    /// As `add`, and has the scheduler see to it now.
    func handBack(_ lease: Lease) {
        add([lease])
        doorbell.ring()
    }

    func release(to store: any UserStore) async throws(StoreProblem) {
        let waiting = leases.withLock { $0 }
        guard !waiting.isEmpty else { return }
        try await store.release(waiting)
        leases.withLock { $0.removeFirst(waiting.count) }
    }
}
