import Dispatch
package import RefreshCore
import Synchronization

/// Turns events into journal entries; the only place where the daemon's log is written.
///
/// It never waits: an event costs its formatting and a place in the queue.
package final class EventReporter: EventReporting {
    /// Runs an action once, after a delay; ends the summary's interval.
    package typealias Postponing = @Sendable (Duration, @escaping @Sendable () -> Void) -> Void

    private struct State {
        var refreshed: RefreshedEntries
        var tally = RefreshedTally()
    }

    private let queue: JournalQueue
    private let now: @Sendable () -> Timestamp
    private let postpone: Postponing
    private let state: Mutex<State>

    package init(
        queue: JournalQueue,
        refreshed: RefreshedEntries = .each,
        now: @escaping @Sendable () -> Timestamp = { WallClock().now },
        postpone: @escaping Postponing = { span, action in
            DispatchQueue.global().asyncAfter(deadline: .now() + DispatchTimeInterval(span), execute: action)
        }
    ) {
        self.queue = queue
        self.now = now
        self.postpone = postpone
        state = Mutex(State(refreshed: refreshed))
    }

    package func report(_ event: Event) {
        let now = now()
        if !tallies(event, at: now) { queue.append(JournalEntry(event, at: now)) }
    }

    /// Changes how successes appear from now on; successes counted so far are reported at once.
    package func show(refreshed: RefreshedEntries) {
        tellTally { $0.refreshed = refreshed }
    }

    /// Reports the counted successes and waits until every entry is written; false if `limit` passes first.
    package func finish(within limit: Duration) async -> Bool {
        tellTally()
        return await queue.flush(within: limit)
    }

    /// Counts a success if successes are summarised; no timer runs while there is nothing to report.
    private func tallies(_ event: Event, at now: Timestamp) -> Bool {
        let (isTallied, interval) = state.withLock { state -> (Bool, Duration?) in
            guard case .summary(let interval) = state.refreshed, case .attempted(let attempt, _, _) = event,
                case .refreshed = attempt.outcome
            else { return (false, nil) }
            state.tally.add(attempt.duration, at: now)
            return (true, state.tally.count == 1 ? interval : nil)
        }
        if let interval { postpone(interval) { [weak self] in self?.tellTally() } }
        return isTallied
    }

    private func tellTally(changing change: (inout sending State) -> Void = { _ in }) {
        let now = now()
        let entry = state.withLock { state in
            change(&state)
            return state.tally.take(at: now)
        }
        if let entry { queue.append(entry) }
    }
}

/// How successes appear in the journal (`log.refreshed`); all other outcomes are always reported one by one.
package enum RefreshedEntries: Sendable, Equatable {
    case each
    /// One entry with counts for each interval that had a success.
    case summary(every: Duration)
}

/// The successes of one interval, reported together.
struct RefreshedTally: Sendable {
    private(set) var count = 0
    private var total = Duration.zero
    private var longest = Duration.zero
    private var since = Timestamp.epoch

    mutating func add(_ duration: Duration, at now: Timestamp) {
        if count == 0 { since = now }
        count += 1
        total += duration
        longest = max(longest, duration)
    }

    /// Returns the summary and starts over; nil if nothing was counted.
    mutating func take(at now: Timestamp) -> JournalEntry? {
        guard count > 0 else { return nil }
        defer { self = RefreshedTally() }
        let span = since.duration(to: now).roundedText
        return JournalEntry(
            .refreshedSummary,
            at: now,
            message: "Refreshed \(count.counted("user")) in \(span); a call took "
                + "\((total / count).roundedText) on average, \(longest.roundedText) at most"
        )
    }
}
