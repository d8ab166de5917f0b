/// Numbers calls in the order of their beginning, and knows when the latest began.
///
/// Calls that begin together share the number of the last of them.
struct CallSequence: Sendable {
    /// Beginnings that are kept at least.
    static let remembered = 64

    private struct Beginning {
        let at: Timestamp
        let number: Int
        var calls: Int
    }

    /// The highest number so far.
    private(set) var latest = 0
    private var beginnings: [Beginning] = []

    /// Takes note of calls that begin; their number.
    mutating func began(_ count: Int, now: Timestamp) -> Int {
        latest += count
        beginnings.append(Beginning(at: now, number: latest, calls: count))
        if beginnings.count > 2 * Self.remembered { beginnings.removeFirst(Self.remembered) }
        return latest
    }

    /// Forgets calls of this number: they were not made, or say nothing.
    mutating func withdraw(_ count: Int, of number: Int) {
        guard let index = beginnings.lastIndex(where: { $0.number == number }) else { return }
        beginnings[index].calls -= count
        if beginnings[index].calls <= 0 { beginnings.remove(at: index) }
    }

    /// The highest number given by a time.
    func latest(by moment: Timestamp) -> Int {
        beginnings.last { $0.at <= moment }?.number ?? 0
    }

    /// How many calls began after one number, up to another; of the latest starts.
    func count(after first: Int, through last: Int = .max) -> Int {
        beginnings.reduce(0) { $0 + ($1.number > first && $1.number <= last ? $1.calls : 0) }
    }

    /// Calls a second, of the latest `count`; infinite where they began at once.
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
