import RefreshDaemon
import ServiceLifecycle

/// Looks after the place of the store until the daemon stops.
struct PlaceService: Service {
    let watch: StorePlaceWatch

    func run() async throws {
        await cancelWhenGracefulShutdown { await watch.run() }
    }
}
