import FleetMetrics
import Forecast
import RefreshCore
import RefreshDaemon
import ServiceLifecycle

/// Keeps the plan that the page shows beside what was called: anew every quarter of an hour, and when users came or went.
struct PlanService: Service {
    /// A plan reads every user: no more often than this.
    private static let pace = Duration.seconds(15)

    let operations: any FleetOperating
    let observer: FleetObserver
    let settings: LiveSettings
    let metrics: MetricsRecorder
    let time: any Timekeeping

    func run() async throws {
        // Cancelled with the stop: a plan is nothing to wait for.
        await cancelWhenGracefulShutdown { await keep() }
    }

    private func keep() async {
        var planned: (users: Int, quarter: Int64, policies: Policies)?
        while !Task.isCancelled {
            let fleet = await observer.observe()
            let (quarter, policies) = (QuarterHour.number(of: time.now), settings.value.policies)
            // Not before the scheduler has looked through the users: what it finds in its place may move.
            if fleet.sinceLastTurn != nil, let users = fleet.census?.users,
                planned?.users != users || planned?.quarter != quarter || planned?.policies != policies
            {
                if await plan() { planned = (users, quarter, policies) }
            }
            do { try await time.sleep(for: planned == nil ? .seconds(1) : Self.pace) } catch { return }
        }
    }

    private func plan() async -> Bool {
        let minute = time.now.microsecondsSinceEpoch / 60_000_000
        let from = Timestamp(secondsSinceEpoch: minute * 60)
        do {
            let histogram = try await operations.dueHistogram(
                from: from, width: .minutes(1), count: DueHistogram.minutes)
            let forecast = try Forecast(
                of: histogram, policies: settings.value.policies, admission: settings.value.admission,
                assumptions: Forecast.Assumptions())
            let calls = QuarterHour.sums(ofMinutes: forecast.parts.map(\.due), from: from)
            metrics.plan(calls, from: from, now: time.now)
            return true
        } catch {
            // The store does not answer; that is told elsewhere, and the plan is made when it does.
            return false
        }
    }
}
