#if canImport(Glibc)
import Glibc
#endif

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
