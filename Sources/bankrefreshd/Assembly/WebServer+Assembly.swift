import FleetMetrics
import Host
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import WebPage

extension WebServer {
    /// The server that the configuration asks for; nil when it asks for none.
    convenience init?(
        _ settings: WebSettings, observer: FleetObserver, log: DaemonLog, time: any Timekeeping
    ) {
        guard let listen = settings.listen else { return nil }
        let events = log.events
        let watch = WebWatch(
            observe: { await observer.observe() }, snapshot: { observer.snapshot() },
            tallies: { [metrics = log.metrics] in metrics.current },
            process: { ProcessUsage.ofThisProcess(now: time.now, sinceBoot: time.uptime) },
            title: settings.title, version: Version.text)
        self.init(address: WebAddress(listen), watch: watch, time: time) { detail in
            events.report(.webFailed(detail: detail))
        }
    }
}
