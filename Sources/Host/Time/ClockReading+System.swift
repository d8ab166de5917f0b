import Glibc
package import RefreshCore

extension ClockReading {
    /// Both clocks of this machine, read within 10 ms of each other unless the machine is too busy for that.
    package static func ofThisMachine() -> ClockReading {
        var best = read()
        for _ in 0..<3 where best.spread > .milliseconds(10) {
            let again = read()
            if again.spread < best.spread { best = again }
        }
        return best.reading
    }

    static var wallTime: Timestamp {
        Timestamp(time(of: CLOCK_REALTIME))
    }

    /// Boot time is read on both sides of wall time: a thread that loses the processor in between shows.
    private static func read() -> (reading: ClockReading, spread: Duration) {
        let before = sinceBoot
        let wall = wallTime
        let spread = sinceBoot - before
        return (ClockReading(wall: wall, sinceBoot: before + spread / 2), spread)
    }

    private static var sinceBoot: Duration {
        let time = time(of: CLOCK_BOOTTIME)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Reads a clock that every Linux has, so that it cannot fail: clock_gettime(2).
    static func time(of clock: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(clock, &time)
        return time
    }
}
