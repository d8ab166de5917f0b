package import RefreshCore

/// The calendar and a steady clock beside it.
package protocol Timekeeping: Sendable {
    /// The calendar; it can be set back or forward at any time.
    var now: Timestamp { get }
    /// Time since some fixed moment, suspends included; never set, never goes back.
    var uptime: Duration { get }
    /// Both clocks, read at one moment.
    var reading: ClockReading { get }
    /// Which boot `reading.sinceBoot` counts from; nil where it cannot be told.
    var boot: BootID? { get }
    /// Sleeps until the calendar shows `deadline`, following its steps.
    func sleep(until deadline: Timestamp, tolerance: Duration) async throws(CancellationError)
    /// Sleeps on the steady clock.
    func sleep(for duration: Duration) async throws(CancellationError)
}
