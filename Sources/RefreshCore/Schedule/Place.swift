/// A user's place on the circle of the schedule, 0 up to but not including 2^63.
///
/// It depends only on the user's id and the store's seed: it is the same after a restart, evenly spread, and
/// independent of the interval of the schedule. Stores key their hot table by it, so that users that fall due together
/// are stored together.
package struct Place: Hashable, Comparable, Sendable {
    package let rawValue: Int64

    package init?(rawValue: Int64) {
        guard rawValue >= 0 else { return nil }
        self.rawValue = rawValue
    }

    package init(of id: UserID, seed: UInt64) {
        let hash = SipHash.hash(id.rawValue.utf8, key0: seed, key1: 0x6261_6e6b_7265_6672)
        rawValue = Int64(hash >> 1)
    }

    /// The neighbouring place, for a store to use when this one is taken.
    package var next: Place {
        Place(unchecked: rawValue == .max ? 0 : rawValue + 1)
    }

    private init(unchecked rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// The share of `turn` before this place, in whole microseconds.
    package func offset(in turn: Duration) -> Duration {
        let width = UInt64(clamping: turn.wholeMicroseconds)
        let (high, low) = UInt64(rawValue).multipliedFullWidth(by: width)
        return .microseconds(Int64(clamping: high << 1 | low >> 63))
    }

    /// The part of the circle, of `count` equal ones, that this place lies in, and its place on the circle of that part.
    func split(into count: Int64) -> (part: Int64, place: Place) {
        let (high, low) = UInt64(rawValue).multipliedFullWidth(by: UInt64(clamping: count))
        return (Int64(clamping: high << 1 | low >> 63), Place(unchecked: Int64(clamping: low & UInt64(Int64.max))))
    }

    package static func < (lhs: Place, rhs: Place) -> Bool {
        lhs.rawValue < rhs.rawValue
    }
}
