import Monitoring
import Host
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import ServiceLifecycle

/// Keeps the plan that the page shows beside the calls that were made.
struct PlanService: Service {
    let operations: any OperationPerforming
    let rhythm: PlanRhythm
    let observer: FleetObserver
    let settings: LiveSettings
    let metrics: MetricsRecorder
    let time: any Timekeeping

    func run() async throws {
        // Cancelled at a stop: nothing waits for a plan.
        await cancelWhenGracefulShutdown { await rhythm.keep(on: time) { await plan() } }
    }

    private func plan() async -> Bool {
        // Not before the scheduler's first turn, which may move the due times that it finds.
        guard observer.sinceLastTurn != nil else { return false }
        let minute = time.now.microsecondsSinceEpoch / 60_000_000
        let from = Timestamp(secondsSinceEpoch: minute * 60)
        do {
            let histogram = try await operations.perform(
                CountDue(
                    from: from, width: .minutes(1), count: DueHistogram.minutes))
            let forecast = try Forecast(
                of: histogram, policies: settings.value.policies, admission: settings.value.admission,
                assumptions: Forecast.Assumptions())
            let calls = QuarterHour.sums(ofMinutes: forecast.parts.map(\.due), from: from)
            metrics.plan(calls, from: from, now: time.now)
            return true
        } catch {
            // The store does not answer. That is reported elsewhere, and the plan is made when it does.
            return false
        }
    }
}

extension WebServer {
    /// The server that the configuration asks for; nil if it asks for none.
    convenience init?(
        _ settings: WebSettings, access: WebAccess, observer: FleetObserver, log: DaemonLog, time: any Timekeeping
    ) {
        guard let listen = settings.listen else { return nil }
        let events = log.events
        let watch = WebWatch(
            observe: { await observer.observe() }, snapshot: { observer.snapshot() },
            tallies: { [metrics = log.metrics] in metrics.current },
            process: { ProcessUsage.ofThisProcess(now: time.now, sinceBoot: time.uptime) },
            title: settings.title, version: Version.text)
        self.init(address: listen, watch: watch, access: access, time: time) { incident in
            switch incident {
            case .ended(let detail): events.report(.webFailed(detail: detail))
            case .loginsRefused(let count, let host): events.report(.webLoginsRefused(count: count, host: host))
            }
        }
    }
}
