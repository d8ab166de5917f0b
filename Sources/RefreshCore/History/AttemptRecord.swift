/// One attempt as a user's history keeps it.
package struct AttemptRecord: Equatable, Sendable {
    /// The size of a record in a store, without the text of a failure: measured as 34 to 45 bytes.
    package static let storedBytes: Int64 = 40
    /// Longer reasons are cut.
    package static let reasonLimit = 200

    /// To the millisecond.
    ///
    /// If two attempts of one user began in the same millisecond, the store moves the later one on.
    package var startedAt: Timestamp
    /// Not negative.
    package let durationMilliseconds: Int64
    package let trigger: Attempt.Trigger
    /// Whether the minimum interval and the daily budget were overridden for it.
    package var isForced = false
    package let outcome: OutcomeKind
    package let httpStatus: Int?
    /// The message of Tight or the transport, sanitised and truncated; nil if there is nothing to add.
    package let reason: String?
    /// Its place in the run of attempts since the last success; 1 for the first.
    package let number: Int

    package var duration: Duration { .milliseconds(durationMilliseconds) }

    package init(
        startedAt: Timestamp, duration: Duration, trigger: Attempt.Trigger, outcome: OutcomeKind, httpStatus: Int?,
        reason: String?, number: Int
    ) {
        self.startedAt = Timestamp(
            microsecondsSinceEpoch: startedAt.microsecondsSinceEpoch.floorDivided(by: 1_000)
                .saturatingMultiplied(by: 1_000))
        durationMilliseconds = max(0, duration.wholeMicroseconds / 1_000)
        self.trigger = trigger
        self.outcome = outcome
        self.httpStatus = httpStatus
        self.reason = reason?.sanitized(limit: Self.reasonLimit)
        self.number = number
    }

    /// Records an attempt; `user` is as it was before.
    package init(_ attempt: Attempt, of user: User, isForced: Bool) {
        self.init(
            startedAt: attempt.startedAt, duration: attempt.duration, trigger: attempt.trigger,
            outcome: attempt.outcome.kind, httpStatus: attempt.httpStatus, reason: attempt.outcome.reason,
            number: user.record.failures + user.record.outageWaits + 1)
        self.isForced = isForced
    }
}

/// How many attempts of all users began within five minutes, by outcome.
package struct AttemptTally: Equatable, Sendable {
    package static let width = Duration.minutes(5)
    private static let widthMicroseconds: Int64 = 300_000_000
    /// Older tallies are dropped.
    package static let memory = Duration.days(8)

    /// A whole multiple of `width` since 1970.
    package let from: Timestamp
    package var counts: [OutcomeKind: Int]

    package init(from: Timestamp, counts: [OutcomeKind: Int]) {
        self.from = from
        self.counts = counts
    }

    /// The number of the five-minute bucket of a time, counted from 1970.
    package static func bucket(of moment: Timestamp) -> Int64 {
        moment.microsecondsSinceEpoch.floorDivided(by: widthMicroseconds)
    }

    package static func start(ofBucket number: Int64) -> Timestamp {
        Timestamp(microsecondsSinceEpoch: number.saturatingMultiplied(by: widthMicroseconds))
    }
}

extension [AttemptTally] {
    package var counts: [OutcomeKind: Int] {
        reduce(into: [:]) { sum, tally in sum.merge(tally.counts, uniquingKeysWith: +) }
    }
}

/// How many attempts of one user since a given time are kept.
package struct HistoryCounts: Equatable, Sendable {
    package var byOutcome: [OutcomeKind: Int] = [:]
    /// When the first of them began, nil if there are none; older ones may have been removed.
    package var oldest: Timestamp?

    package init() {}
}

/// How much of each user's history is kept.
package struct HistoryBounds: Equatable, Sendable {
    /// How many of a user's newest attempts are kept; 0 keeps no history at all.
    package var keep = 100
    /// The maximum age of an attempt; up to a day more, because whole UTC days are removed.
    package var maximumAge: Duration = .days(90)

    package static let standard = HistoryBounds()

    package var isOff: Bool { keep == 0 }

    /// The first UTC day whose attempts stay.
    package func firstDay(now: Timestamp) -> Int64 {
        isOff ? .max : now.advanced(by: .zero - maximumAge).day
    }
}

/// The result of one pruning step, and where the next one starts.
package struct PruningStep: Equatable, Sendable {
    package let removed: Int
    package let next: Next

    package enum Next: Equatable, Sendable {
        /// From the same place again.
        case again
        case after(Place)
        case done
    }

    package init(removed: Int, next: Next) {
        self.removed = removed
        self.next = next
    }
}
