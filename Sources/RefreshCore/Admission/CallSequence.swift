/// Numbers calls in the order of their beginning, and knows when the latest began.
struct CallSequence: Sendable {
    /// Beginnings that are kept at least; older ones are known by number alone.
    static let remembered = 64

    private struct Beginning {
        let at: Timestamp
        var count: Int
    }

    /// The number of the latest call.
    private(set) var latest = 0
    private var beginnings: [Beginning] = []

    /// Takes note of calls that begin; the number of the last of them.
    mutating func began(_ count: Int, now: Timestamp) -> Int {
        latest += count
        if let last = beginnings.last, last.at == now {
            beginnings[beginnings.count - 1].count += count
        } else {
            beginnings.append(Beginning(at: now, count: count))
            if beginnings.count > 2 * Self.remembered { beginnings.removeFirst(Self.remembered) }
        }
        return latest
    }

    /// Takes note of calls that were begun but not made.
    mutating func cancelled(_ count: Int) {
        latest -= count
        guard let last = beginnings.last else { return }
        beginnings[beginnings.count - 1].count = max(0, last.count - count)
    }

    /// The number of the latest call that began by a moment.
    func latest(by moment: Timestamp) -> Int {
        latest - beginnings.reversed().prefix { $0.at > moment }.reduce(0) { $0 + $1.count }
    }

    /// Calls a second, of the latest `count`; infinite where they began at once.
    func pace(ofLatest count: Int, now: Timestamp) -> Double {
        var found = 0
        var first = now
        for beginning in beginnings.reversed() where found < count && beginning.at <= now {
            found += beginning.count
            first = beginning.at
        }
        let span = first.duration(to: now).inSeconds
        return span > 0 ? Double(found) / span : .infinity
    }
}
