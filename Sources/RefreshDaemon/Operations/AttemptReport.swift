package import RefreshCore

/// One past attempt for people and programs.
package struct AttemptReport: Codable, Sendable, Equatable {
    /// RFC 3339, UTC, to the millisecond.
    package var startedAt: String
    package var durationMilliseconds: Int64
    package var trigger: Attempt.Trigger
    /// Whether the minimum interval and the day's budget were set aside for it.
    package var forced: Bool
    package var outcome: OutcomeKind
    package var httpStatus: Int?
    package var reason: String?
    /// Its place in the run of attempts since the last success.
    package var number: Int

    package init(_ attempt: AttemptRecord) {
        startedAt = attempt.startedAt.preciseText
        durationMilliseconds = attempt.durationMilliseconds
        trigger = attempt.trigger
        forced = attempt.isForced
        outcome = attempt.outcome
        httpStatus = attempt.httpStatus
        reason = attempt.reason
        number = attempt.number
    }
}
