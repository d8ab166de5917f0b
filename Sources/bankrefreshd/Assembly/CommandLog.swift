import Glibc
import Host
import RefreshCore

/// Tells the journal what a command did to the store while no daemon runs; where there is no journal, nobody.
struct CommandLog: EventReporting {
    private static let socket = "/run/systemd/journal/socket"

    private let reporter: EventReporter?

    init() {
        guard access(Self.socket, W_OK) == 0 else {
            reporter = nil
            return
        }
        reporter = EventReporter(
            queue: JournalQueue(sink: JournalSocket()) { JournalEntry(dropped: $0, at: WallClock().now) })
    }

    func report(_ event: Event) {
        reporter?.report(event)
    }

    /// Returns once the journal has all of it, or does not take it.
    func finish() async {
        _ = await reporter?.finish(within: .seconds(5))
    }
}
