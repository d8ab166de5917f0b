import RefreshDaemon
import ServiceLifecycle

/// Sweeps the store of what was removed and not swept yet, until the daemon stops.
struct SweepingService: Service {
    let sweeper: RemovalSweeper

    func run() async throws {
        await cancelWhenGracefulShutdown { await sweeper.run() }
    }
}
