import Glibc
package import RefreshCore

extension ClockReading {
    /// Both clocks of this machine, read within 10 ms of each other unless the machine is too busy for that.
    package static func ofThisMachine() -> ClockReading {
        var best = read()
        for _ in 0..<3 where best.spread > 10_000_000 {
            let again = read()
            if again.spread < best.spread { best = again }
        }
        return best.reading
    }

    static var uptime: Duration {
        .nanoseconds(nanosecondsSinceBoot)
    }

    static var wallTime: Timestamp {
        Timestamp(time(of: CLOCK_REALTIME))
    }

    /// Boot time is read on both sides of wall time: a thread that loses the processor in between shows.
    ///
    /// `spread` is in nanoseconds.
    private static func read() -> (reading: ClockReading, spread: Int64) {
        let before = nanosecondsSinceBoot
        let wall = wallTime
        let spread = nanosecondsSinceBoot - before
        return (ClockReading(wall: wall, sinceBoot: .nanoseconds(before + spread / 2)), spread)
    }

    /// A whole number, since to divide and compare a `Duration` costs more than to read the clock.
    private static var nanosecondsSinceBoot: Int64 {
        let time = time(of: CLOCK_BOOTTIME)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Reads a clock that every Linux has, so that it cannot fail: clock_gettime(2).
    static func time(of clock: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(clock, &time)
        return time
    }
}
