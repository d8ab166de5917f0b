import NIOCore

/// When a kept HTTP/1.1 connection may be used again, by what the server says and by what it was seen to do.
///
/// A server closes an idle connection without a word. A request that crosses the close is lost, and looks just like one
/// whose answer was lost: what is risked here is a user's turn, what is saved is a handshake.
struct ReusePolicy {
    /// How long a connection rests after an answer; a server that closes after it has done so by then.
    static let rest = TimeAmount.milliseconds(10)
    /// The longest that any connection is kept idle: what lies between forgets them without a word.
    static let longest = TimeAmount.seconds(60)
    /// A close that comes sooner belongs to the answer, not to a time of idleness.
    private static let immediate = TimeAmount.milliseconds(100)
    /// How long it takes until a quarter more is risked than was learned.
    private static let forgetting = TimeAmount.minutes(10)

    /// What is risked where the server says nothing.
    private let standard: TimeAmount
    private var lesson: (idle: TimeAmount, at: NIODeadline)?
    private var reuses = 0
    private var reusesNeeded = 1

    init(standard: TimeAmount) {
        self.standard = standard
    }

    /// Whether the server has shown that it keeps connections, so that they need no rest.
    var isTrusted: Bool { reuses >= reusesNeeded }

    /// How long a connection can be idle and still be used; `hint` is what the server says of when it closes it.
    func longestIdle(_ hint: TimeAmount?, _ now: NIODeadline) -> TimeAmount {
        let said = hint.map { min(Self.before($0), Self.longest) } ?? standard
        return min(said, learned(now) ?? said)
    }

    /// A connection was answered on again after it had been idle.
    mutating func reused() {
        if !isTrusted { reuses += 1 }
    }

    /// The server closed a connection that had been idle for so long, and had not said that it would.
    mutating func closed(after idle: TimeAmount, _ now: NIODeadline) {
        guard idle > Self.immediate else {
            reuses = 0
            reusesNeeded = min(8 * reusesNeeded, 4_096)
            return
        }
        let safe = Self.before(idle)
        lesson = (min(safe, learned(now) ?? safe), now)
    }

    /// A moment that is surely earlier at the server too: a second before, or a fifth where that is less.
    private static func before(_ end: TimeAmount) -> TimeAmount {
        end - min(.seconds(1), .nanoseconds(end.nanoseconds / 5))
    }

    /// What was learned, and the more the longer that is ago.
    private func learned(_ now: NIODeadline) -> TimeAmount? {
        guard let lesson else { return nil }
        var idle = lesson.idle
        var age = now - lesson.at
        while age >= Self.forgetting, idle < Self.longest {
            idle = .nanoseconds(idle.nanoseconds + idle.nanoseconds / 4)
            age = age - Self.forgetting
        }
        return idle
    }
}
