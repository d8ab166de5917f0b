import Host
import RefreshCore

/// The daemon's log: the journal, or standard error when there is none.
struct DaemonLog: Sendable {
    let queue: JournalQueue
    let reporter: EventReporter

    init() {
        queue = JournalQueue(sink: JournalStream.ofThisProcess().sink) {
            JournalEntry(dropped: $0, at: WallClock().now)
        }
        reporter = EventReporter(queue: queue)
    }

    func startFailed(_ failure: CommandFailure) async {
        reporter.report(.failed(detail: failure.message, remedy: failure.remedy))
        _ = await reporter.finish(within: .seconds(2))
    }
}
