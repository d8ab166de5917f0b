import Monitoring
import Glibc
import Host
import RefreshConfiguration
import RefreshCore
import RefreshDaemon

/// The daemon's log, to the journal or standard error; the metrics count the same events.
struct DaemonLog: Sendable {
    let queue: JournalQueue
    let reporter: EventReporter
    let metrics = MetricsRecorder()
    let planRhythm = PlanRhythm()
    /// All receivers of events.
    let events: EventFanOut

    init(_ format: LogFormat) {
        queue = JournalQueue(sink: format.stream().sink, latencies: metrics) {
            JournalEntry(dropped: $0, at: WallClock().now)
        }
        reporter = EventReporter(queue: queue)
        events = EventFanOut(reporter, metrics, planRhythm)
    }

    func startFailed(_ failure: CommandFailure) async {
        // A refused configuration gives many lines, which are readable only as separate entries.
        let lines = failure.message.split(separator: "\n")
        for (index, line) in lines.enumerated() {
            let isLast = index == lines.count - 1
            reporter.report(.failed(detail: String(line), remedy: isLast ? failure.remedy : nil))
        }
        _ = await reporter.finish(within: .seconds(2))
    }
}

/// Reports to the journal, if there is one, what a command did to the store while no daemon runs.
struct CommandLog: EventReporting {
    private let reporter: EventReporter?

    init() {
        guard access(JournalSocket.path, W_OK) == 0 else {
            reporter = nil
            return
        }
        reporter = EventReporter(
            queue: JournalQueue(sink: JournalSocket()) { JournalEntry(dropped: $0, at: WallClock().now) })
    }

    func report(_ event: Event) {
        reporter?.report(event)
    }

    /// Returns when the journal has all entries, or after 5 s.
    func finish() async {
        _ = await reporter?.finish(within: .seconds(5))
    }
}

/// Drops the events of a command, which prints itself what it did.
struct NobodyListens: EventReporting {
    func report(_ event: Event) {}
}

extension LogFormat {
    init(_ format: LogSettings.Format) {
        self =
            switch format {
            case .auto: .auto
            case .text: .text
            case .json: .json
            }
    }
}

extension RefreshedEntries {
    init(_ settings: LogSettings) {
        self =
            switch settings.refreshed {
            case .each: .each
            case .summary: .summary(every: settings.summaryInterval)
            }
    }
}
