import NIOCore

/// How much silence a server is left before it is asked whether it is there: more with each complaint.
struct PingCourtesy {
    /// No server is asked more rarely than this.
    private static let longest = TimeAmount.hours(1)

    /// Nil if pings are off.
    private(set) var silence: TimeAmount?
    private var complainedAt: NIODeadline?

    init(_ silence: TimeAmount?) {
        self.silence = silence
    }

    /// The server complained (GOAWAY with ENHANCE_YOUR_CALM): it is asked half as often from now on.
    ///
    /// Complaints within one period of silence count as one, on any number of connections.
    mutating func complained(_ now: NIODeadline) {
        guard let silence else { return }
        if let complainedAt, now - complainedAt < silence { return }
        complainedAt = now
        self.silence = max(silence, min(.nanoseconds(2 * silence.nanoseconds), Self.longest))
    }
}
