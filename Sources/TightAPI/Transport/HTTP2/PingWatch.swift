import NIOCore

/// Finds out whether a connection that is silent still leads anywhere: by two questions, of which one must be answered.
struct PingWatch {
    /// The next action.
    enum Step: Equatable {
        case wait(until: NIODeadline)
        case ask
        /// Both stayed unanswered.
        case giveUp
    }

    private var asked = 0
    private var askedAt = NIODeadline.distantPast

    /// Whether a question is open: then nothing more is entrusted to the connection.
    var owesAnswer: Bool { asked > 0 }

    /// Something came: whatever it is, the connection leads somewhere.
    mutating func heard() {
        asked = 0
    }

    /// The action after silence since that time.
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
