package import RefreshCore
import RefreshDaemon

extension WallClock: Timekeeping {
    package var uptime: Duration { ClockReading.uptime }
    package var reading: ClockReading { .ofThisMachine() }
    package var boot: BootID? { .ofThisMachine }

    package func sleep(until deadline: Timestamp, tolerance: Duration) async throws(CancellationError) {
        do { try await sleep(until: deadline, tolerance: Optional(tolerance)) } catch { throw CancellationError() }
    }

    package func sleep(for duration: Duration) async throws(CancellationError) {
        do {
            try await Task.sleep(for: duration, tolerance: .milliseconds(1), clock: .continuous)
        } catch { throw CancellationError() }
    }
}
