/// A completed call: its purpose, its outcome, and its times.
package struct Attempt: Equatable, Sendable {
    package enum Trigger: String, Word {
        case schedule
        case manual
    }

    package let outcome: Outcome
    package let httpStatus: Int?
    package let trigger: Trigger
    /// When a scheduled call fell due; nil for manual calls, and for calls known only from a recovered lease.
    package let due: Timestamp?
    package let startedAt: Timestamp
    /// Adjusted if the calendar is set before the attempt is settled.
    package var endedAt: Timestamp
    /// Measured on a steady clock, so it is right even if the calendar moved meanwhile.
    package let duration: Duration
    /// How long after its end the call may still reach the bank, from a machine that was frozen and resumes.
    package var delay = Duration.zero

    package init(
        outcome: Outcome,
        httpStatus: Int?,
        trigger: Trigger,
        due: Timestamp? = nil,
        startedAt: Timestamp,
        endedAt: Timestamp,
        duration: Duration
    ) {
        self.outcome = outcome
        self.httpStatus = httpStatus
        self.trigger = trigger
        self.due = due
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.duration = duration
    }

    /// How long after its due time a scheduled call began; not below zero.
    package var lateness: Duration? {
        due.map { max(.zero, $0.duration(to: startedAt)) }
    }
}
