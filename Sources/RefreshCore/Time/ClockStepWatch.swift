/// Tells when the calendar jumped, by holding wall time against time since boot.
///
/// Suspend moves both, and the kernel slews both alike, so their difference changes by steps alone. Steps below the
/// tolerance add up until they are worth telling: the base moves only when one is told.
package struct ClockStepWatch: Sendable {
    package static let tolerance = Duration.seconds(1)

    private var base: Duration?

    package init() {}

    /// What the calendar would show had it not jumped since the last step told; nil before the first reading.
    package func now(sinceBoot: Duration) -> Timestamp? {
        base.map { Timestamp.epoch.advanced(by: $0 + sinceBoot) }
    }

    /// A step that was told and is told again.
    package mutating func takeBack(_ step: Duration) {
        base = base.map { $0 - step }
    }

    /// The step since the last one told, forward above zero; nil while it is within the tolerance.
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
