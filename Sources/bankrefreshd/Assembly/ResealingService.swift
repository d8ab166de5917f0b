import ServiceLifecycle
import TokenVault

/// Seals tokens anew in the background, as keys change, until the daemon stops.
struct ResealingService: Service {
    let rotation: KeyRotation

    func run() async throws {
        await cancelWhenGracefulShutdown { await rotation.run() }
    }
}
