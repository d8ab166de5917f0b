import FleetMetrics
import Host
import RefreshCore
import RefreshDaemon

/// The daemon's log: the journal, or standard error when there is none; what it is told is counted as well.
struct DaemonLog: Sendable {
    let queue: JournalQueue
    let reporter: EventReporter
    let metrics = MetricsRecorder()
    let planRhythm = PlanRhythm()
    /// Everybody who hears of events.
    let events: EventFanOut

    init() {
        queue = JournalQueue(sink: JournalStream.ofThisProcess().sink, latencies: metrics) {
            JournalEntry(dropped: $0, at: WallClock().now)
        }
        reporter = EventReporter(queue: queue)
        events = EventFanOut(reporter, metrics, planRhythm)
    }

    func startFailed(_ failure: CommandFailure) async {
        // A refused configuration has many lines: an entry for each can be read, one with all of them cannot.
        let lines = failure.message.split(separator: "\n")
        for (index, line) in lines.enumerated() {
            let isLast = index == lines.count - 1
            reporter.report(.failed(detail: String(line), remedy: isLast ? failure.remedy : nil))
        }
        _ = await reporter.finish(within: .seconds(2))
    }
}
