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
            JournalEntry(.entriesDropped(count: $0), at: WallClock().now)
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

extension DaemonLog: LivePart {
    func prepare(_ configuration: Configuration) -> PreparedChange {
        let entries = RefreshedEntries(configuration.log)
        return PreparedChange { reporter.show(refreshed: entries) }
    }
}

/// Reports to the journal, if there is one, what a command did to the store while no daemon runs.
enum CommandLog {
    /// Runs `body` with the log, and returns when the journal has all entries, or after 5 s more.
    static func writing<Answer>(_ body: (any EventReporting) async throws -> Answer) async throws -> Answer {
        guard access(JournalSocket.path, W_OK) == 0 else { return try await body(EventFanOut()) }
        let reporter = EventReporter(
            queue: JournalQueue(sink: JournalSocket()) {
                JournalEntry(.entriesDropped(count: $0), at: WallClock().now)
            })
        return try await running {
            try await body(reporter)
        } finally: {
            _ = await reporter.finish(within: .seconds(5))
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
