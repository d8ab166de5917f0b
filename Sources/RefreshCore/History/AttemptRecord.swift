/// One attempt as a user's history keeps it.
package struct AttemptRecord: Equatable, Sendable {
    /// The size of a record in a store, without the text of a failure: measured as 34 to 45 bytes.
    package static let storedBytes: Int64 = 40
    /// Longer reasons are cut.
    package static let reasonLimit = 200

    /// To the millisecond.
    ///
    /// Of two attempts of one user in the same millisecond the store moves the later one on.
    package var startedAt: Timestamp
    /// Not negative.
    package let durationMilliseconds: Int64
    package let trigger: Attempt.Trigger
    /// Whether the minimum interval and the day's budget were set aside for it.
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

    /// `user` is as it was before the attempt.
    package init(_ attempt: Attempt, of user: User, isForced: Bool) {
        self.init(
            startedAt: attempt.startedAt, duration: attempt.duration, trigger: attempt.trigger,
            outcome: attempt.outcome.kind, httpStatus: attempt.httpStatus, reason: attempt.outcome.reason,
            number: user.record.failures + user.record.outageWaits + 1)
        self.isForced = isForced
    }
}
