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

    /// Which of `count` equal parts of the circle this place lies in, and its place on the circle of that part.
    func split(into count: Int64) -> (part: Int64, place: Place) {
        let (high, low) = UInt64(rawValue).multipliedFullWidth(by: UInt64(clamping: count))
        return (Int64(clamping: high << 1 | low >> 63), Place(unchecked: Int64(clamping: low & UInt64(Int64.max))))
    }

    package static func < (lhs: Place, rhs: Place) -> Bool {
        lhs.rawValue < rhs.rawValue
    }
}

/// SipHash-2-4 with a 64-bit result: the same on every machine and in every release, unlike Swift's `Hasher`.
///
/// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012; its appendix A is the test vector.
enum SipHash {
    static func hash(_ message: some Collection<UInt8>, key0: UInt64, key1: UInt64) -> UInt64 {
        var v0 = key0 ^ 0x736f_6d65_7073_6575
        var v1 = key1 ^ 0x646f_7261_6e64_6f6d
        var v2 = key0 ^ 0x6c79_6765_6e65_7261
        var v3 = key1 ^ 0x7465_6462_7974_6573

        func compress() {
            v0 &+= v1
            v1 = v1 << 13 | v1 >> 51
            v1 ^= v0
            v0 = v0 << 32 | v0 >> 32
            v2 &+= v3
            v3 = v3 << 16 | v3 >> 48
            v3 ^= v2
            v0 &+= v3
            v3 = v3 << 21 | v3 >> 43
            v3 ^= v0
            v2 &+= v1
            v1 = v1 << 17 | v1 >> 47
            v1 ^= v2
            v2 = v2 << 32 | v2 >> 32
        }

        func absorb(_ word: UInt64) {
            v3 ^= word
            compress()
            compress()
            v0 ^= word
        }

        var word: UInt64 = 0
        var filled: UInt64 = 0
        for byte in message {
            word |= UInt64(byte) << (8 * filled)
            filled += 1
            if filled == 8 {
                absorb(word)
                word = 0
                filled = 0
            }
        }
        absorb(word | UInt64(truncatingIfNeeded: message.count) << 56)
        v2 ^= 0xff
        for _ in 0..<4 { compress() }
        return v0 ^ v1 ^ v2 ^ v3
    }
}
