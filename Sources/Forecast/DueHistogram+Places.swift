package import RefreshCore

extension DueHistogram {
    /// How long a forecast looks ahead.
    package static let horizon = Duration.hours(24)
    /// The minutes of the horizon.
    package static let minutes = 1_440

    /// Where `users` new users would fall due, at places as evenly spread as hashes are; the same for the same number.
    package init(users: Int, cadence: Cadence, from: Timestamp) {
        self.init(from: from, width: .minutes(1), count: Self.minutes)
        var places = SplitMix64(seed: UInt64(bitPattern: Int64(users)))
        for _ in 0..<users {
            guard let place = Place(rawValue: Int64(places.next() >> 1)) else { continue }
            add(of: nil, in: .scheduled, due: cadence.slot(of: place, notBefore: from), isFree: true)
        }
    }
}
