#if canImport(Glibc)
import Glibc
#endif

/// The steady clock that a call's last moment is on: `CLOCK_BOOTTIME`, that of `Timekeeping.uptime`.
///
/// Not `NIODeadline`, which is `CLOCK_MONOTONIC`: that stands still while the machine is suspended, and a call that
/// slept for an hour would look as if it were in time. Source: clock_gettime(2).
enum BootClock {
    static var now: Duration {
        var time = timespec()
        // Every Linux has this clock, so that it cannot fail.
        clock_gettime(CLOCK_BOOTTIME, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
