/// A calendar time in microseconds that can be stored and compared across restarts.
///
/// Arithmetic saturates: a moment beyond the representable 290,000 years is the last one.
package struct Timestamp: InstantProtocol {
    package let microsecondsSinceEpoch: Int64

    package init(microsecondsSinceEpoch: Int64) {
        self.microsecondsSinceEpoch = microsecondsSinceEpoch
    }

    package init(secondsSinceEpoch: Int64) {
        self.init(microsecondsSinceEpoch: secondsSinceEpoch.saturatingMultiplied(by: 1_000_000))
    }

    package static let epoch = Timestamp(microsecondsSinceEpoch: 0)
    package static let distantFuture = Timestamp(microsecondsSinceEpoch: .max)

    /// Whole days since 1970-01-01, UTC; the day an attempt is charged to.
    package var day: Int64 {
        microsecondsSinceEpoch.floorDivided(by: 86_400_000_000)
    }

    /// Midnight, UTC, of the given day since 1970-01-01.
    package static func startOfDay(_ day: Int64) -> Timestamp {
        Timestamp(microsecondsSinceEpoch: day.saturatingMultiplied(by: 86_400_000_000))
    }

    package func advanced(by duration: Duration) -> Timestamp {
        Timestamp(microsecondsSinceEpoch: microsecondsSinceEpoch.saturatingAdding(duration.wholeMicroseconds))
    }

    package func duration(to other: Timestamp) -> Duration {
        .microseconds(other.microsecondsSinceEpoch.saturatingSubtracting(microsecondsSinceEpoch))
    }

    package static func < (lhs: Timestamp, rhs: Timestamp) -> Bool {
        lhs.microsecondsSinceEpoch < rhs.microsecondsSinceEpoch
    }
}
