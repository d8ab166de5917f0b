/// The clock readings that a daemon leaves in its store for the next one to compare.
package struct ClockMark: Equatable, Sendable {
    /// Both clocks when the mark was left; the calendar is the one that the stored moments are on.
    package var reading: ClockReading
    /// Nil if unknown: then `reading.sinceBoot` says nothing.
    package var boot: BootID?
    /// The longest time without a daemon that the store has come through.
    package var longestGap: Duration
    /// Whether the stored moments were being moved along with the calendar, some of them being moved already.
    package var isMoving: Bool

    package init(
        reading: ClockReading, boot: BootID?, longestGap: Duration = .zero, isMoving: Bool = false
    ) {
        self.reading = reading
        self.boot = boot
        self.longestGap = longestGap
        self.isMoving = isMoving
    }

    /// How far apart the marks of a daemon that works are: after a crash, a gap is known no better.
    package static let interval = Duration.minutes(1)

    /// Whether the time since boot shows how much time has passed between the mark and a reading.
    package func isComparable(to reading: ClockReading, boot: BootID?) -> Bool {
        self.boot != nil && self.boot == boot && reading.sinceBoot >= self.reading.sinceBoot
    }

    /// How long no daemon worked, as far as is known.
    package func gap(until reading: ClockReading, boot: BootID?) -> Duration {
        isComparable(to: reading, boot: boot)
            ? reading.sinceBoot - self.reading.sinceBoot
            : max(.zero, self.reading.wall.duration(to: reading.wall))
    }

    /// How the calendar changed between the mark and a reading, and how stored times must change.
    ///
    /// | boot | calendar against what is plausible | then |
    /// |---|---|---|
    /// | the same | apart from the time since boot by more than the tolerance | `stepped`, exactly |
    /// | another, or unknown | back | `stepped`: as though no time had passed, which moves no more than is right |
    /// | another, or unknown | forward by more than the longest gap so far, and a minute | `uncertain` |
    ///
    /// Moments that were being moved are not moved back twice: some would be too early. Forward it does no harm, as
    /// none stays in the future.
    package func change(until reading: ClockReading, boot: BootID?) -> ClockChange? {
        let apparent = self.reading.wall.duration(to: reading.wall)
        let tolerance = ClockStepWatch.tolerance
        let isComparable = isComparable(to: reading, boot: boot)
        let step = isComparable ? apparent - (reading.sinceBoot - self.reading.sinceBoot) : min(.zero, apparent)
        if step < .zero - tolerance { return isMoving ? nil : .stepped(by: step) }
        if isComparable { return step > tolerance ? .stepped(by: step) : nil }
        return apparent > max(longestGap, Self.interval) ? .uncertain(gap: apparent) : nil
    }
}
