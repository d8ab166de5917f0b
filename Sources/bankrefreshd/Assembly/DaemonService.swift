import ControlPlane
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import ServiceLifecycle
import Monitoring

/// The daemon as a service: it starts work once its sockets listen, and drains when told to stop.
struct DaemonService: Service {
    let daemon: Daemon
    let control: ControlServer
    /// Nil if no page is served.
    let web: WebServer?
    let webSettings: WebSettings
    let events: any EventReporting
    /// Runs when commands can reach the daemon, before it starts work.
    let onReached: @Sendable () async throws -> Void
    let onReady: @Sendable () -> Void

    func run() async throws {
        try await control.listening()
        try await onReached()
        if let web, let address = webSettings.listen {
            try await web.listening()
            let url = "\(webSettings.isEncrypted ? "https" : "http")://\(address)/"
            events.report(.webListening(url: url, warning: webSettings.warning))
        }
        try await withGracefulShutdownHandler {
            try await daemon.run(onReady: onReady)
        } onGracefulShutdown: {
            daemon.stop()
        }
    }
}
