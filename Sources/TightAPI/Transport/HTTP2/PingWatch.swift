import NIOCore

/// Finds out whether a silent connection is alive: it sends two pings, of which one must be answered.
struct PingWatch {
    /// The next action.
    enum Step: Equatable {
        case wait(until: NIODeadline)
        case ask
        /// Both pings stayed unanswered.
        case giveUp
    }

    private var asked = 0
    private var askedAt = NIODeadline.distantPast

    /// Whether a ping is unanswered; until then, no more calls are sent on the connection.
    var owesAnswer: Bool { asked > 0 }

    /// Something arrived: whatever it is, the connection is alive.
    mutating func heard() {
        asked = 0
    }

    /// The next action, given the start of the silence.
    mutating func step(
        _ now: NIODeadline,
        silentSince: NIODeadline,
        after: TimeAmount,
        timeout: TimeAmount
    ) -> Step {
        let due = owesAnswer ? askedAt + timeout : silentSince + after
        guard due <= now else { return .wait(until: due) }
        guard asked < 2 else { return .giveUp }
        asked += 1
        askedAt = now
        return .ask
    }
}

/// How long a server may be silent before it is pinged: longer after each complaint.
struct PingCourtesy {
    /// The longest silence that complaints can cause.
    private static let longest = TimeAmount.hours(1)

    /// Nil if pings are off.
    private(set) var silence: TimeAmount?
    private var complainedAt: NIODeadline?

    init(_ silence: TimeAmount?) {
        self.silence = silence
    }

    /// The server complained (GOAWAY with ENHANCE_YOUR_CALM): it is pinged half as often from now on.
    mutating func complained(_ now: NIODeadline) {
        guard let silence else { return }
        if let complainedAt, now - complainedAt < silence { return }
        complainedAt = now
        self.silence = max(silence, min(.nanoseconds(2 * silence.nanoseconds), Self.longest))
    }
}
