/// The clock readings that a daemon leaves in its store for the next one to compare.
package struct ClockMark: Equatable, Sendable {
    /// Both clocks when the mark was left; the calendar is the one that stored times are on.
    package var reading: ClockReading
    /// Nil if unknown: then `reading.sinceBoot` says nothing.
    package var boot: BootID?
    /// The longest time without a daemon that the store has survived.
    package var longestGap: Duration
    /// Whether the stored times were being moved along with the calendar, so that some are moved already.
    package var isMoving: Bool
    /// How far the displayed calendar was ahead of the one that stored times are on: a step not yet followed.
    package var ahead: Duration

    package init(
        reading: ClockReading, boot: BootID?, longestGap: Duration = .zero, isMoving: Bool = false,
        ahead: Duration = .zero
    ) {
        self.reading = reading
        self.boot = boot
        self.longestGap = longestGap
        self.isMoving = isMoving
        self.ahead = ahead
    }

    /// The interval between the marks of a working daemon: after a crash, a gap is known no better.
    package static let interval = Duration.minutes(1)

    /// Whether the time since boot shows how much time has passed between the mark and a reading.
    package func isComparable(to reading: ClockReading, boot: BootID?) -> Bool {
        self.boot != nil && self.boot == boot && reading.sinceBoot >= self.reading.sinceBoot
    }

    /// How long no daemon worked, as far as is known.
    package func gap(until reading: ClockReading, boot: BootID?) -> Duration {
        isComparable(to: reading, boot: boot)
            ? reading.sinceBoot - self.reading.sinceBoot
            : max(.zero, shown.duration(to: reading.wall))
    }

    /// The longest gap that the mark knows of, corrected by a step of the calendar up to a reading.
    package func knownGap(at reading: ClockReading, boot: BootID?) -> Duration {
        guard case .stepped(let step)? = change(until: reading, boot: boot) else { return longestGap }
        return Self.longestGap(longestGap, after: step)
    }

    /// The longest time without a daemon that the store has survived, as of a reading.
    package func longestGap(until reading: ClockReading, boot: BootID?) -> Duration {
        max(knownGap(at: reading, boot: boot), gap(until: reading, boot: boot))
    }

    /// The longest gap once the calendar was set by `step`.
    ///
    /// If it was set back, it was ahead before, and may have made a gap seem longer by as much.
    package static func longestGap(_ gap: Duration, after step: Duration) -> Duration {
        max(.zero, gap + min(.zero, step))
    }

    /// What the calendar showed when the mark was left.
    private var shown: Timestamp { reading.wall.advanced(by: ahead) }

    /// How the calendar changed between the mark and a reading, and how stored times must change.
    ///
    /// | boot | calendar against what is plausible | then |
    /// |---|---|---|
    /// | the same | apart from the time since boot by more than the tolerance | `stepped`, exactly |
    /// | another, or unknown | back | `stepped`: as though no time had passed, which never moves times too far |
    /// | another, or unknown | forward by more than both the longest gap so far and a minute | `uncertain` |
    ///
    /// Within a boot, the difference of the clocks shows a step that was not followed too; across a boot, the mark
    /// does.
    ///
    /// Times that were being moved are not moved back twice, because some would be too early. Moving them forward twice
    /// does no harm, because none stays in the future.
    package func change(until reading: ClockReading, boot: BootID?) -> ClockChange? {
        let tolerance = ClockStepWatch.tolerance
        let step: Duration
        var isCertain = true
        if isComparable(to: reading, boot: boot) {
            step = self.reading.wall.duration(to: reading.wall) - (reading.sinceBoot - self.reading.sinceBoot)
        } else {
            let apparent = shown.duration(to: reading.wall)
            isCertain = apparent <= max(longestGap, Self.interval)
            step = ahead + (isCertain ? min(.zero, apparent) : apparent)
        }
        if step < .zero - tolerance { return isMoving ? nil : .stepped(by: step) }
        guard step > tolerance else { return nil }
        return isCertain ? .stepped(by: step) : .uncertain(gap: step)
    }
}

/// The form in which stores hold it: moments and durations as numbers of microseconds.
extension ClockMark: Codable {
    private struct Stored: Codable {
        var wall: Int64
        var sinceBoot: Int64
        var boot: String?
        var longestGap: Int64
        var isMoving: Bool
        /// Absent in marks written by older versions.
        var ahead: Int64?
    }

    package init(from decoder: any Decoder) throws {
        let stored = try Stored(from: decoder)
        self.init(
            reading: ClockReading(
                wall: Timestamp(microsecondsSinceEpoch: stored.wall), sinceBoot: .microseconds(stored.sinceBoot)),
            boot: stored.boot.flatMap { BootID($0) }, longestGap: .microseconds(stored.longestGap),
            isMoving: stored.isMoving, ahead: .microseconds(stored.ahead ?? 0))
    }

    package func encode(to encoder: any Encoder) throws {
        let stored = Stored(
            wall: reading.wall.microsecondsSinceEpoch, sinceBoot: reading.sinceBoot.wholeMicroseconds,
            boot: boot?.description, longestGap: longestGap.wholeMicroseconds, isMoving: isMoving,
            ahead: ahead.wholeMicroseconds)
        try stored.encode(to: encoder)
    }
}

/// Which boot of the machine a process runs in; the time since boot of two readings compares within one boot only.
///
/// Source: random(4), `/proc/sys/kernel/random/boot_id`.
package struct BootID: Equatable, Sendable, CustomStringConvertible {
    /// 32 hexadecimal digits, lower case.
    package let description: String

    /// Reads it with the dashes of the kernel or without, as systemd writes it; nil for anything else.
    package init?(_ text: some StringProtocol) {
        let digits = text.lowercased().filter { $0 != "-" }
        guard digits.utf8.count == 32, digits.allSatisfy(\.isHexDigit) else { return nil }
        description = digits
    }
}

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

    /// Forgets that a step was reported, so that it is reported again.
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

/// How the calendar changed while no daemon worked with a store.
package enum ClockChange: Equatable, Sendable {
    /// The calendar was set; positive for forward.
    case stepped(by: Duration)
    /// The calendar gained this much, and it is unknown how much of that time has passed.
    case uncertain(gap: Duration)
}

/// The calendar and the time since boot, including suspend, read at one moment.
package struct ClockReading: Equatable, Sendable {
    package let wall: Timestamp
    package let sinceBoot: Duration

    package init(wall: Timestamp, sinceBoot: Duration) {
        self.wall = wall
        self.sinceBoot = sinceBoot
    }
}
