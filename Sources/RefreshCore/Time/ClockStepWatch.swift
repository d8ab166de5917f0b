/// Detects jumps of the calendar by comparing wall time with time since boot.
///
/// Suspend moves both, and the kernel slews both alike, so only steps change their difference. Steps below the
/// tolerance add up until they are reported: the base moves only then.
package struct ClockStepWatch: Sendable {
    package static let tolerance = Duration.seconds(1)

    private var base: Duration?

    package init() {}

    /// What the calendar would show without jumps since the last reported step; nil before the first reading.
    package func now(sinceBoot: Duration) -> Timestamp? {
        base.map { Timestamp.epoch.advanced(by: $0 + sinceBoot) }
    }

    /// A step that was reported and is reported again.
    package mutating func takeBack(_ step: Duration) {
        base = base.map { $0 - step }
    }

    /// The step since the last reported one, positive for forward; nil while it is within the tolerance.
    package mutating func step(at reading: ClockReading) -> Duration? {
        let offset = Timestamp.epoch.duration(to: reading.wall) - reading.sinceBoot
        guard let base else {
            self.base = offset
            return nil
        }
        let step = offset - base
        guard step > Self.tolerance || step < .zero - Self.tolerance else { return nil }
        self.base = offset
        return step
    }
}
