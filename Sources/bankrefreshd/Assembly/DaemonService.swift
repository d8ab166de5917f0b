import ControlPlane
import RefreshDaemon
import ServiceLifecycle

/// The daemon as a service: it begins once commands can reach it, and drains when told to stop.
struct DaemonService: Service {
    let daemon: Daemon
    let control: ControlServer

    func run() async throws {
        try await control.listening()
        try await withGracefulShutdownHandler {
            try await daemon.run()
        } onGracefulShutdown: {
            daemon.stop()
        }
    }
}
