import NIOCore

/// When an idle HTTP/1.1 connection may be reused, given what the server announces and how it has behaved.
///
/// A server closes an idle connection without notice. A request that crosses the close is lost, and looks like one
/// whose answer was lost: the risk is a user's interval, the gain is a handshake.
struct ReusePolicy {
    /// How long a connection rests after an answer; a server that closes after answers has done so by the end of it.
    static let rest = TimeAmount.milliseconds(10)
    /// The longest idle time of any connection: middleboxes forget connections without notice.
    static let longest = TimeAmount.seconds(60)
    /// A close that comes sooner is a consequence of the answer, not of idleness.
    private static let immediate = TimeAmount.milliseconds(100)
    /// How long it takes until the learned time grows by a quarter.
    private static let forgetting = TimeAmount.minutes(10)

    /// The idle time if the server announces nothing.
    private let standard: TimeAmount
    private var lesson: (idle: TimeAmount, at: NIODeadline)?
    private var reuses = 0
    private var reusesNeeded = 1

    init(standard: TimeAmount) {
        self.standard = standard
    }

    /// Whether the server has shown that it keeps connections, so that they need no rest.
    var isTrusted: Bool { reuses >= reusesNeeded }

    /// How long a connection can be idle and still be used; `hint` is the server's announced closing time.
    func longestIdle(_ hint: TimeAmount?, _ now: NIODeadline) -> TimeAmount {
        let said = hint.map { min(Self.before($0), Self.longest) } ?? standard
        return min(said, learned(now) ?? said)
    }

    /// A connection was reused after being idle, and answered.
    mutating func reused() {
        if !isTrusted { reuses += 1 }
    }

    /// The server closed a connection that had been idle for this time, without announcing it.
    mutating func closed(after idle: TimeAmount, _ now: NIODeadline) {
        guard idle > Self.immediate else {
            reuses = 0
            reusesNeeded = min(8 * reusesNeeded, 4_096)
            return
        }
        let safe = Self.before(idle)
        lesson = (min(safe, learned(now) ?? safe), now)
    }

    /// A time that is certainly earlier for the server too: by a second, or by a fifth if that is less.
    private static func before(_ end: TimeAmount) -> TimeAmount {
        end - min(.seconds(1), .nanoseconds(end.nanoseconds / 5))
    }

    /// The learned time, growing with its age.
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

/// How long the server keeps a connection, from the header `Keep-Alive`.
///
/// Source: RFC 2068 section 19.7.1.1; in use ever since.
struct KeepAliveHint: Equatable {
    /// How long it keeps an idle connection.
    private(set) var timeout: TimeAmount?
    /// How many more requests it takes.
    private(set) var requests: Int?

    /// Nil if the header contains nothing intelligible.
    init?(_ value: String) {
        for parameter in value.split(separator: ",") {
            let parts = parameter.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " && $0 != "\"" } }
            guard parts.count == 2, let number = Int(parts[1]), number >= 0 else { continue }
            switch parts[0].lowercased() {
            // A server that promises days is believed for one day.
            case "timeout": timeout = .seconds(Int64(min(number, 86_400)))
            case "max": requests = number
            default: break
            }
        }
        if timeout == nil, requests == nil { return nil }
    }
}
