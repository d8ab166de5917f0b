import Glibc
import NIOCore

/// The steady clock for a call's latest start: `CLOCK_BOOTTIME`, the clock of `Timekeeping.uptime`.
///
/// Not `NIODeadline`, which is `CLOCK_MONOTONIC`: it stops while the machine is suspended, and a call that slept for an
/// hour would seem to be in time. Source: clock_gettime(2).
enum BootClock {
    static var now: Duration {
        var time = timespec()
        // Every Linux has this clock, so the call cannot fail.
        clock_gettime(CLOCK_BOOTTIME, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

/// Notices that the machine was suspended: meanwhile, the clock of `NIODeadline` stood still.
struct SuspendWatch {
    private let bootTime: @Sendable () -> Duration
    /// How far the steady clock is ahead.
    private var lead: Duration

    init(_ bootTime: @escaping @Sendable () -> Duration) {
        self.bootTime = bootTime
        lead = Self.measure(bootTime)
    }

    /// Whether there was a suspend of more than a second since this was last asked.
    mutating func hasBeenOne() -> Bool {
        let before = lead
        lead = Self.measure(bootTime)
        return lead - before > .seconds(1)
    }

    private static func measure(_ bootTime: () -> Duration) -> Duration {
        bootTime() - Duration.nanoseconds(NIODeadline.now().uptimeNanoseconds)
    }
}
