import RefreshCore

/// Users leased a little before their calls may begin, so that one transaction serves many calls.
///
/// No more than are called within a few milliseconds at the present pace: what a crash would have to take for calls
/// whose fate is unknown is hardly more than without.
struct LeasesAhead {
    /// For how long to lease ahead.
    private static let span = Duration.milliseconds(20)
    /// How long they may wait for their calls; then others shall have them.
    private static let patience = Duration.milliseconds(200)

    private(set) var users: [LeasedUser] = []
    /// How often the stored moments had moved when they were leased.
    private(set) var moves = 0
    /// On the steady clock.
    private var leasedAt = Duration.zero
    private var begunSince = 0

    var isEmpty: Bool { users.isEmpty }

    /// How many more to lease with the users that may be called at once.
    func room(limit: Int, requestsPerSecond: Double, uptime: Duration) -> Int {
        let elapsed = max(.milliseconds(1), uptime - leasedAt)
        let pace = min(requestsPerSecond, Double(begunSince) / (elapsed / .seconds(1)))
        return min(limit, Int(pace * (Self.span / .seconds(1))))
    }

    mutating func keep(_ users: some Sequence<LeasedUser>, moves: Int, uptime: Duration) {
        self.users = Array(users)
        self.moves = moves
        leasedAt = uptime
        begunSince = 0
    }

    mutating func begun(_ count: Int) { begunSince += count }

    mutating func take(_ count: Int) -> [LeasedUser] {
        defer { users.removeFirst(min(count, users.count)) }
        return Array(users.prefix(count))
    }

    /// When they have waited long enough, on the steady clock.
    var expiry: Duration { leasedAt + Self.patience }
}
