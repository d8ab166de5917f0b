import Dispatch
import Glibc
package import RefreshCore
import RefreshDaemon

/// The clocks of this machine; a deadline is a moment in the world, not a span of uptime.
///
/// A Dispatch wall timer waits (an absolute `CLOCK_REALTIME` timer in the kernel), so a sleeper wakes on time even if
/// the clock was set or the machine slept meanwhile, and nothing runs until then. `tolerance` becomes the leeway. Spans
/// are measured with `ContinuousClock`, which counts suspends and never steps (`CLOCK_BOOTTIME` on Linux).
package struct WallClock: Timekeeping {
    package init() {}

    package var now: Timestamp { ClockReading.wallTime }
    package var uptime: Duration { ClockReading.uptime }
    package var reading: ClockReading { .ofThisMachine() }
    package var boot: BootID? { .ofThisMachine }

    package func sleep(until deadline: Timestamp, tolerance: Duration = .zero) async throws(CancellationError) {
        // More than one round only if the clock was set back just as the timer fired.
        while !Task.isCancelled, now < deadline { await alarm(at: deadline, leeway: tolerance) }
        if Task.isCancelled { throw CancellationError() }
    }

    package func sleep(for duration: Duration) async throws(CancellationError) {
        do {
            try await Task.sleep(for: duration, tolerance: .milliseconds(1), clock: .continuous)
        } catch { throw CancellationError() }
    }

    private func alarm(at deadline: Timestamp, leeway: Duration) async {
        let timer = DispatchSource.makeTimerSource()
        defer { timer.cancel() }
        // The stream yields nothing; it ends when the timer fires or the task is cancelled.
        let alarm = AsyncStream<Never> { ring in
            timer.setEventHandler { ring.finish() }
            timer.schedule(wallDeadline: DispatchWallTime(deadline), leeway: DispatchTimeInterval(leeway))
            timer.activate()
        }
        for await _ in alarm {}
    }
}

extension ClockReading {
    /// Both clocks of this machine, read within 10 ms of each other unless the machine is too busy.
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

    /// Reads the boot time before and after the wall time, so that a preemption in between shows.
    private static func read() -> (reading: ClockReading, spread: Int64) {
        let before = nanosecondsSinceBoot
        let wall = wallTime
        let spread = nanosecondsSinceBoot - before
        return (ClockReading(wall: wall, sinceBoot: .nanoseconds(before + spread / 2)), spread)
    }

    /// A whole number, since dividing and comparing a `Duration` costs more than reading the clock.
    private static var nanosecondsSinceBoot: Int64 {
        let time = time(of: CLOCK_BOOTTIME)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Reads a clock that every Linux has, so the call cannot fail: clock_gettime(2).
    static func time(of clock: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(clock, &time)
        return time
    }
}

extension BootID {
    /// The value of `BANKREFRESHD_BOOT_ID`, or else the kernel's boot id; nil if neither is available.
    ///
    /// systemd's `ProcSubset=pid` hides the kernel's from a service; the specifier `%b` passes it in.
    package static let ofThisMachine = ProcessEnvironment.value("BANKREFRESHD_BOOT_ID").flatMap { BootID($0) } ?? kernel

    private static var kernel: BootID? {
        kernelText("/proc/sys/kernel/random/boot_id").flatMap { BootID($0.prefix { $0 != "\n" }) }
    }
}

extension DispatchTimeInterval {
    /// Rounds up to the microsecond, so that nothing fires early; a span of centuries means never.
    init(_ duration: Duration) {
        let microseconds = duration.wholeMicroseconds
        self = microseconds < 9_000_000_000_000_000 ? .nanoseconds(Int(max(0, microseconds)) * 1_000) : .never
    }
}

extension DispatchWallTime {
    /// The moment itself; a time beyond the year 2255 means never, as Dispatch counts nanoseconds in 63 bits.
    init(_ timestamp: Timestamp) {
        let isWithinReach = timestamp.microsecondsSinceEpoch < 9_000_000_000_000_000
        self = isWithinReach ? DispatchWallTime(timespec: timestamp.timespec) : .distantFuture
    }
}

extension Timestamp {
    init(_ time: timespec) {
        self.init(microsecondsSinceEpoch: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    /// The moment in the system's form; for moments after 1970.
    var timespec: timespec {
        .init(
            tv_sec: Int(microsecondsSinceEpoch / 1_000_000),
            tv_nsec: Int(microsecondsSinceEpoch % 1_000_000 * 1_000)
        )
    }
}
