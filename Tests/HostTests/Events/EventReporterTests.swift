import Host
import RefreshCore
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct EventReporterTests {
    /// What was put off, to be run when the test says so.
    private final class Postponed: Sendable {
        private let actions = Mutex<[(Duration, @Sendable () -> Void)]>([])

        var spans: [Duration] { actions.withLock { $0.map(\.0) } }

        func add(_ span: Duration, _ action: @escaping @Sendable () -> Void) {
            actions.withLock { $0.append((span, action)) }
        }

        func run() {
            let due = actions.withLock { actions in
                defer { actions = [] }
                return actions
            }
            for (_, action) in due { action() }
        }
    }

    private let sink = RecordingSink()
    private let postponed = Postponed()
    private let reporter: EventReporter

    init() {
        let queue = JournalQueue(sink: sink) { JournalEntry(.entriesDropped(count: $0), at: Samples.now) }
        let postponed = postponed
        reporter = EventReporter(queue: queue, now: { Samples.now }, postpone: { postponed.add($0, $1) })
    }

    private func report(_ outcome: Outcome, _ duration: Duration = .seconds(1)) throws {
        reporter.report(
            .attempted(Samples.attempt(outcome, duration: duration), user: try Samples.user(), number: 1)
        )
    }

    @Test func `tells every event in its order`() async throws {
        reporter.report(.starting(version: "1"))
        try report(.refreshed)
        reporter.report(.storeRecovered)
        #expect(await reporter.finish(within: .seconds(30)))
        let kinds = sink.entries.map { $0[.messageID].flatMap(MessageID.init) }
        #expect(kinds == [.starting, .refreshed, .storeRecovered])
        #expect(postponed.spans.isEmpty)
    }

    @Test func `a summary takes the place of successes, and of nothing else`() async throws {
        reporter.show(refreshed: .summary(every: .minutes(5)))
        try report(.refreshed, .seconds(1))
        try report(.rejected(messages: []))
        try report(.refreshed, .seconds(3))
        #expect(postponed.spans == [.minutes(5)])
        postponed.run()
        try report(.refreshed)
        #expect(postponed.spans == [.minutes(5)])
        #expect(await reporter.finish(within: .seconds(30)))
        #expect(
            sink.messages == [
                "User alice: rejected (attempt 1); next try 2027-01-15T14:00:00Z",
                "Refreshed 2 users in 0 s; a call took 2 s on average, 3 s at most",
                "Refreshed 1 user in 0 s; a call took 1 s on average, 1 s at most",
            ]
        )
    }

    @Test func `no timer runs and no line is written when nothing was refreshed`() async {
        reporter.show(refreshed: .summary(every: .minutes(5)))
        reporter.report(.storeRecovered)
        #expect(postponed.spans.isEmpty)
        #expect(await reporter.finish(within: .seconds(30)))
        #expect(sink.messages == ["The store works again"])
    }

    @Test func `a change of mode tells what was counted, then each success again`() async throws {
        reporter.show(refreshed: .summary(every: .minutes(5)))
        try report(.refreshed)
        reporter.show(refreshed: .each)
        try report(.refreshed)
        postponed.run()
        #expect(await reporter.finish(within: .seconds(30)))
        #expect(
            sink.messages == [
                "Refreshed 1 user in 0 s; a call took 1 s on average, 1 s at most",
                "User alice: refreshed in 1 s; next call 2027-01-15T14:00:00Z",
            ]
        )
    }
}
