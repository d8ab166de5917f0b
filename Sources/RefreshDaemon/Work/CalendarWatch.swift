import RefreshCore

/// Notices when the calendar moved otherwise than time did.
struct CalendarWatch: Sendable {
    /// Slewing and rounding stay below this.
    static let tolerance = Duration.seconds(5)

    private let time: any Timekeeping
    private var last: (now: Timestamp, uptime: Duration)

    init(time: any Timekeeping) {
        self.time = time
        last = (time.now, time.uptime)
    }

    /// By how much the calendar jumped since the last look; nil when it did not.
    mutating func step() -> Duration? {
        let current = (now: time.now, uptime: time.uptime)
        let step = last.now.duration(to: current.now) - (current.uptime - last.uptime)
        last = current
        return step > Self.tolerance || step < .zero - Self.tolerance ? step : nil
    }
}
