import RefreshCore
import Synchronization

/// Sweeps removed data from the store: once for a run of removals, and even after one that broke off.
package final class RemovalSweeper: Sendable {
    /// How long after a removal no other is expected.
    package static let patience = Duration.seconds(30)

    private let store: any UserStore
    private let time: any Timekeeping
    /// When users were last removed and more were to follow.
    private let latest = Mutex<Duration?>(nil)
    private let removals = WakeSignal()
    private let sweeping = AsyncMutex()

    init(store: any UserStore, time: any Timekeeping) {
        self.store = store
        self.time = time
    }

    /// Notes that users were removed and more removals are to follow.
    func expectMore() {
        latest.withLock { $0 = time.uptime }
        removals.send()
    }

    /// Sweeps now, or later if the store refuses: what was removed stays removed.
    ///
    /// A store on disk remembers what is left to sweep, for the next process.
    func sweep() async {
        await sweeping.run {
            latest.withLock { $0 = nil }
            do { try await store.sweep() } catch { expectMore() }
        }
    }

    /// Sweeps until cancelled where the remover did not: a process that ended, or a command that broke off.
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
                await sweep()
            }
        }
    }
}
