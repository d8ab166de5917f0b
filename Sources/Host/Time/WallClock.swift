import Dispatch
package import RefreshCore

/// The calendar as a `Clock`: a deadline is a moment in the world, not a span of uptime.
///
/// A Dispatch wall timer waits (an absolute `CLOCK_REALTIME` timer in the kernel), so a sleeper wakes on time even if
/// the clock stepped or the machine slept meanwhile, and nothing runs until then. `tolerance` becomes the leeway.
/// Spans are measured with `ContinuousClock`, which counts suspend and never steps (`CLOCK_BOOTTIME` on Linux).
package struct WallClock: Clock {
    package let minimumResolution: Duration = .microseconds(1)

    package init() {}

    package var now: Timestamp { ClockReading.wallTime }

    package func sleep(until deadline: Timestamp, tolerance: Duration? = nil) async throws {
        try Task.checkCancellation()
        // More than one round only if the clock was set back just as the timer fired.
        while now < deadline {
            await alarm(at: deadline, leeway: tolerance ?? .zero)
            try Task.checkCancellation()
        }
    }

    private func alarm(at deadline: Timestamp, leeway: Duration) async {
        let timer = DispatchSource.makeTimerSource()
        defer { timer.cancel() }
        // A stream that yields nothing: it ends when the timer fires or the task is cancelled.
        let alarm = AsyncStream<Never> { ring in
            timer.setEventHandler { ring.finish() }
            timer.schedule(wallDeadline: DispatchWallTime(deadline), leeway: DispatchTimeInterval(leeway))
            timer.activate()
        }
        for await _ in alarm {}
    }
}
