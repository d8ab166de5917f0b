/// How many users fall due when: a count for each bucket of time, by group.
package struct DueHistogram: Equatable, Sendable {
    package let from: Timestamp
    /// The length of a bucket; above zero.
    package let width: Duration
    package let count: Int
    /// The row of all other users first, then the requested groups by name; a group without users may be missing.
    package private(set) var rows: [Row]

    /// The users of one group; each is counted once.
    package struct Row: Equatable, Sendable, Codable {
        /// Nil for users without a group, or of groups that were not requested.
        package let group: GroupName?
        /// Users that fall due in their slot, one count per bucket; includes pauses that end.
        package var scheduled: [Int]
        /// Users that fall due after a wait that a failure imposed.
        package var backingOff: [Int]
        /// Due before the first bucket, or being called.
        package var overdue = 0
        /// Due after the last bucket.
        package var later = 0
        package var parked = 0
        /// Paused without an end.
        package var paused = 0

        package init(group: GroupName?, count: Int) {
            self.group = group
            scheduled = Array(repeating: 0, count: count)
            backingOff = scheduled
        }

        /// Users that have a due time.
        package var callable: Int {
            scheduled.reduce(0, +) + backingOff.reduce(0, +) + overdue + later
        }
    }

    package init(from: Timestamp, width: Duration, count: Int) {
        self.init(from: from, width: width, rows: [Row(group: nil, count: max(1, count))])
    }

    /// Takes rows of equal length, the row of all other users first.
    package init(from: Timestamp, width: Duration, rows: [Row]) {
        self.from = from
        self.width = max(width, .microseconds(1))
        count = rows.first?.scheduled.count ?? 0
        self.rows = rows
    }

    /// Counts `users` that are in the same state; `isFree` is false while a call for them is in flight.
    package mutating func add(
        _ users: Int = 1, of group: GroupName?, in state: UserState.Kind, due: Timestamp?, isFree: Bool
    ) {
        let row = index(of: group)
        guard let due else {
            if state == .parked { rows[row].parked += users } else { rows[row].paused += users }
            return
        }
        guard isFree, due >= from else {
            rows[row].overdue += users
            return
        }
        let bucket = from.duration(to: due).wholeMicroseconds / width.wholeMicroseconds
        if bucket >= Int64(count) {
            rows[row].later += users
        } else if state == .backingOff {
            rows[row].backingOff[Int(bucket)] += users
        } else {
            rows[row].scheduled[Int(bucket)] += users
        }
    }

    private mutating func index(of group: GroupName?) -> Int {
        guard let group else { return 0 }
        if let found = rows.firstIndex(where: { $0.group == group }) { return found }
        let place = rows.firstIndex { ($0.group?.rawValue ?? "") > group.rawValue } ?? rows.endIndex
        rows.insert(Row(group: group, count: count), at: place)
        return place
    }
}

extension DueHistogram: Codable {
    private enum CodingKeys: CodingKey { case from, widthSeconds, rows }

    /// Refuses rows of unequal length, and a list without the row of all other users.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let rows = try container.decode([Row].self, forKey: .rows)
        let seconds = try container.decode(Double.self, forKey: .widthSeconds)
        guard let count = rows.first?.scheduled.count, count > 0, rows.first?.group == nil,
            rows.allSatisfy({ $0.scheduled.count == count && $0.backingOff.count == count }),
            seconds > 0, seconds < 1e12
        else { throw FieldProblem(container.codingPath, "not a histogram") }
        self.init(
            from: try container.decode(Timestamp.self, forKey: .from),
            width: .microseconds(Int64((seconds * 1_000_000).rounded())), rows: rows)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(from, forKey: .from)
        try container.encode(width.inSeconds, forKey: .widthSeconds)
        try container.encode(rows, forKey: .rows)
    }
}
