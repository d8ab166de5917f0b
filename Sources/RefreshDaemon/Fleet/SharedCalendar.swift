package import RefreshCore
import Synchronization

/// The store's calendar, kept by this machine's steady clock: shared moments are not on any one machine's calendar.
///
/// The store's answer shows its calendar at some moment between question and answer, so the calendar is known as an
/// interval as wide as that took. `now` is the earlier end, by which nothing begins too soon. `uncertainty` is how much
/// later the calendar may be; it is added to moments from which minimum intervals count.
package final class SharedCalendar: Timekeeping {
    /// The result of one question, as differences to the steady clock.
    private struct Sample {
        let earliest: Duration
        let latest: Duration
    }

    private struct State {
        /// The offset of `now`; nil before the first sample, when the machine's own calendar serves instead.
        var offset: Duration?
        var latest = Duration.zero
    }

    private let base: any Timekeeping
    private let state = Mutex(State())

    /// An answer that takes longer than this says too little.
    private static let widest = Duration.milliseconds(500)
    /// How far `now` may stay behind before it is moved.
    private static let slack = Duration.milliseconds(20)
    /// Drifting clocks do not differ by more than this within a few seconds: the store's calendar was set.
    private static let jump = Duration.milliseconds(100)
    /// A sleep follows the calendar at least this often.
    private static let longestSleep = Duration.seconds(30)
    private static let mostQuestions = 5

    package init(over base: any Timekeeping) {
        self.base = base
    }

    /// The calendar of a store that no daemon of this machine works with; `base`'s own if the store has none.
    ///
    /// Asks up to five times for an answer that comes soon enough. If none does, the last one counts.
    package static func shown(
        by store: any UserStore, over base: any Timekeeping
    ) async throws(StoreProblem) -> SharedCalendar {
        let calendar = SharedCalendar(over: base)
        for question in 1...mostQuestions {
            let asked = base.uptime
            guard let moment = try await store.fleetState()?.calendar else { return calendar }
            let answered = base.uptime
            if calendar.judge(moment, asked: asked, answered: answered) == .taken { return calendar }
            if question == mostQuestions { calendar.follow(moment, asked: asked, answered: answered) }
        }
        return calendar
    }

    /// What a sample changes.
    package enum Judgement: Equatable, Sendable {
        case taken
        /// The answer took too long to say more than that no larger step forward happened; ask again.
        case tooWide
        /// The store's calendar was set forward by this much; nothing changes until `follow`.
        case setForward(by: Duration)
    }

    /// Judges what the store showed for a question asked and answered at these times of `uptime`.
    package func judge(_ calendar: Timestamp, asked: Duration, answered: Duration) -> Judgement {
        let sample = Self.sample(calendar, asked, answered)
        return state.withLock { state in
            // Checked first, however long the answer took: a store that is always slow must not hide its steps.
            if let offset = state.offset, sample.earliest - state.latest > Self.jump {
                return .setForward(by: sample.latest - offset)
            }
            guard answered - asked <= Self.widest else { return .tooWide }
            Self.adopt(sample, &state)
            return .taken
        }
    }

    /// Adopts the calendar, once all members know that it was set forward.
    package func follow(_ calendar: Timestamp, asked: Duration, answered: Duration) {
        let sample = Self.sample(calendar, asked, answered)
        state.withLock { Self.adopt(sample, &$0) }
    }

    private static func sample(_ calendar: Timestamp, _ asked: Duration, _ answered: Duration) -> Sample {
        let moment = Duration.microseconds(calendar.microsecondsSinceEpoch)
        return Sample(earliest: moment - answered, latest: moment - asked)
    }

    private static func adopt(_ sample: Sample, _ state: inout State) {
        let isStill = state.offset.map { $0 <= sample.earliest && sample.earliest - $0 <= slack } ?? false
        if !isStill { state.offset = sample.earliest }
        state.latest = sample.latest
    }

    /// How far this machine's own calendar is ahead of the store's; nil before the first sample.
    package var ownAhead: Duration? {
        let reading = base.reading
        return state.withLock { state in
            state.offset.map { Duration.microseconds(reading.wall.microsecondsSinceEpoch) - reading.sinceBoot - $0 }
        }
    }

    private func wall(at uptime: Duration) -> Timestamp? {
        state.withLock { state in
            state.offset.map { Timestamp(microsecondsSinceEpoch: (uptime + $0).wholeMicroseconds) }
        }
    }

    // MARK: Timekeeping

    package var now: Timestamp { wall(at: base.uptime) ?? base.now }
    package var uptime: Duration { base.uptime }
    package var boot: BootID? { base.boot }

    package var reading: ClockReading {
        let reading = base.reading
        return ClockReading(wall: wall(at: reading.sinceBoot) ?? reading.wall, sinceBoot: reading.sinceBoot)
    }

    package var uncertainty: Duration {
        state.withLock { state in state.offset.map { state.latest - $0 } ?? .zero }
    }

    package func sleep(until deadline: Timestamp, tolerance: Duration) async throws(CancellationError) {
        while true {
            let left = now.duration(to: deadline)
            guard left > .zero else { return }
            try await base.sleep(for: min(left, Self.longestSleep))
        }
    }

    package func sleep(for duration: Duration) async throws(CancellationError) {
        try await base.sleep(for: duration)
    }
}
