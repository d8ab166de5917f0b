/// Numbers calls in the order in which they begin, and remembers when the latest began.
///
/// Calls that begin together share the number of the last of them.
struct CallSequence: Sendable {
    /// The minimum number of beginnings to keep.
    static let remembered = 64

    private struct Beginning {
        let at: Timestamp
        let number: Int
        var calls: Int
    }

    private(set) var latest = 0
    private var beginnings: [Beginning] = []

    /// Records calls that begin; returns their number.
    mutating func began(_ count: Int, now: Timestamp) -> Int {
        latest += count
        beginnings.append(Beginning(at: now, number: latest, calls: count))
        if beginnings.count > 2 * Self.remembered { beginnings.removeFirst(Self.remembered) }
        return latest
    }

    /// Forgets `count` calls of this number, which were not made or say nothing.
    mutating func withdraw(_ count: Int, of number: Int) {
        guard let index = beginnings.lastIndex(where: { $0.number == number }) else { return }
        beginnings[index].calls -= count
        if beginnings[index].calls <= 0 { beginnings.remove(at: index) }
    }

    /// The highest number assigned up to this moment.
    func latest(by moment: Timestamp) -> Int {
        beginnings.last { $0.at <= moment }?.number ?? 0
    }

    /// How many remembered calls have a number above `first`, up to `last`.
    func count(after first: Int, through last: Int = .max) -> Int {
        beginnings.reduce(0) { $0 + ($1.number > first && $1.number <= last ? $1.calls : 0) }
    }

    /// Calls per second over the latest `count`; infinite if they began at the same time.
    func pace(ofLatest count: Int, now: Timestamp) -> Double {
        var found = 0
        var first = now
        for beginning in beginnings.reversed() where found < count && beginning.at <= now {
            found += beginning.calls
            first = beginning.at
        }
        let span = first.duration(to: now).inSeconds
        return span > 0 ? Double(found) / span : .infinity
    }
}
