import RefreshDaemon
import ServiceLifecycle
import UnixSignals

/// Reloads the configuration on SIGHUP; what came of it is reported like any reload.
struct HangupService: Service {
    let hangups: UnixSignalsSequence
    let operations: DaemonContext

    func run() async throws {
        for await _ in hangups.cancelOnGracefulShutdown() {
            // A refused reload is reported where it is refused; there is nobody else to tell.
            _ = try? await operations.reloadBySignal()
        }
    }
}
