import RefreshCore
import Synchronization

/// Has the store swept of what was removed: once for removals that follow each other, and in any case.
package final class RemovalSweeper: Sendable {
    /// So long after a removal no other is expected.
    package static let patience = Duration.seconds(30)

    private let store: any UserStore
    private let time: any Timekeeping
    /// When somebody last removed users and was to remove more.
    private let latest = Mutex<Duration?>(nil)
    private let removals = WakeSignal()
    private let sweeping = AsyncMutex()

    init(store: any UserStore, time: any Timekeeping) {
        self.store = store
        self.time = time
    }

    /// Users were removed, and more are to be.
    func expectMore() {
        latest.withLock { $0 = time.uptime }
        removals.send()
    }

    func sweep() async throws {
        try await sweeping.run {
            latest.withLock { $0 = nil }
            try await store.sweep()
        }
    }

    /// Sweeps for whoever did not come to it, until cancelled: a process that ended, a command that broke off.
    package func run() async {
        expectMore()
        while !Task.isCancelled {
            guard let latest = latest.withLock(\.self) else {
                await removals.wait()
                continue
            }
            let left = latest + Self.patience - time.uptime
            if left > .zero {
                try? await time.sleep(for: left)
            } else {
                // A store that fails is asked again.
                do { try await sweep() } catch { expectMore() }
            }
        }
    }
}
