import RefreshCore

/// Projects the users of one row from their first call to all later ones within the horizon.
///
/// Every call is assumed to succeed, and the actual rules say when the next is due. A count no longer has places, so
/// users due at their slot get the place whose slot is there, and all others get places spread over the circle.
struct Projection {
    private let histogram: DueHistogram
    private let policy: UserPolicy
    private let latency: Duration
    private let end: Timestamp
    private let pathfinder: UserID
    /// For every bucket, a place with its slot in it, if there is one.
    private let slotPlaces: [Place?]
    /// Calls that fall due in each bucket.
    private(set) var calls: [Int]

    init(_ histogram: DueHistogram, policy: UserPolicy, latency: Duration, pathfinder: UserID) {
        self.histogram = histogram
        self.policy = policy
        self.latency = latency
        self.pathfinder = pathfinder
        end = histogram.from.advanced(by: histogram.width * histogram.count)
        calls = Array(repeating: 0, count: histogram.count)
        slotPlaces = Self.slotPlaces(histogram, cadence: policy.cadence, end: end)
    }

    private static func slotPlaces(_ histogram: DueHistogram, cadence: Cadence, end: Timestamp) -> [Place?] {
        let horizon = histogram.from.duration(to: end)
        // Four samples per bucket; a circle of many horizons needs more, as few of its places have a slot in this one.
        let turns = min(30, max(1, Int(cadence.every / horizon) + 1))
        let samples = Int64(histogram.count * turns * 4)
        var places: [Place?] = Array(repeating: nil, count: histogram.count)
        for sample in 0..<samples {
            guard let place = Place(rawValue: Int64.max / samples * sample + Int64.max / samples / 2) else { continue }
            let slot = cadence.slot(of: place, notBefore: histogram.from)
            if let bucket = Self.bucket(of: slot, in: histogram) { places[bucket] = places[bucket] ?? place }
        }
        return places
    }

    private static func bucket(of moment: Timestamp, in histogram: DueHistogram) -> Int? {
        guard moment >= histogram.from else { return nil }
        let bucket = histogram.from.duration(to: moment).wholeMicroseconds / histogram.width.wholeMicroseconds
        return bucket < Int64(histogram.count) ? Int(bucket) : nil
    }

    mutating func add(_ row: DueHistogram.Row) {
        for (bucket, users) in row.scheduled.enumerated() where users > 0 {
            if let place = slotPlaces[bucket] {
                let slot = policy.cadence.slot(of: place, notBefore: histogram.from)
                follow(users, at: place, from: slot, countingFirst: true)
            } else {
                spread(users, from: middle(of: bucket), countingFirst: true)
            }
        }
        for (bucket, users) in row.backingOff.enumerated() where users > 0 {
            spread(users, from: middle(of: bucket), countingFirst: true)
        }
        // Their first call comes when the limits allow, so only later calls are counted.
        if row.overdue > 0 { spread(row.overdue, from: histogram.from, countingFirst: false) }
    }

    private func middle(of bucket: Int) -> Timestamp {
        histogram.from.advanced(by: histogram.width * bucket + histogram.width / 2)
    }

    /// Follows users of unknown places, in up to 64 parts at places spread over the circle.
    private mutating func spread(_ users: Int, from due: Timestamp, countingFirst: Bool) {
        let parts = min(users, 64)
        for part in 0..<parts {
            // The offset of the parts varies with the moment; otherwise small counts would gather.
            var places = SplitMix64(seed: UInt64(bitPattern: due.microsecondsSinceEpoch) &+ UInt64(part))
            let step = Int64.max / Int64(parts)
            let offset = step * Int64(part) + Int64(places.next() % UInt64(step))
            guard let place = Place(rawValue: offset) else { continue }
            follow(
                users * (part + 1) / parts - users * part / parts, at: place, from: due, countingFirst: countingFirst)
        }
    }

    private mutating func follow(_ users: Int, at place: Place, from first: Timestamp, countingFirst: Bool) {
        var user = User(
            id: pathfinder, place: place, state: .scheduled(due: first), record: User.Record(slot: first))
        var random = SplitMix64(seed: 0)
        var due = first
        var counts = countingFirst
        while due < end {
            if counts, let bucket = Self.bucket(of: due, in: histogram) { calls[bucket] += users }
            counts = true
            let answered = due.advanced(by: latency)
            let attempt = Attempt(
                outcome: .refreshed, httpStatus: 200, trigger: .schedule, startedAt: due, endedAt: answered,
                duration: latency)
            user = NextStep.after(attempt, of: user, under: policy, using: &random)
            guard let next = user.state.due, next > due else { return }
            due = next
        }
    }
}
