import RefreshCore

extension Forecast {
    /// What the calls leave on the disk, if every call succeeds.
    package struct Growth: Equatable, Sendable {
        /// An entry of one call with its fields, as journald stores it: 958 to 1,117 bytes were measured.
        package static let journalEntryBytes: Int64 = 1_100

        package let journalBytesPerDay: Int64
        /// What a day's calls add to the histories of their users.
        package let storeBytesPerDay: Int64
        /// The histories of all users once they have reached their bounds.
        package let historyBytes: Int64
    }

    /// From the calls that fall due in a day; users that are overdue are not counted, for tomorrow they are not.
    package var growth: Growth {
        let bounds = assumptions.history
        let perDay = parts.map { part in
            Double(part.due.reduce(0, +)) * (Duration.days(1) / (width * max(1, part.due.count)))
        }
        let kept = zip(parts, perDay).reduce(0.0) { sum, next in
            let (part, calls) = next
            return sum + min(calls * (bounds.maximumAge / .days(1)), Double(part.users) * Double(bounds.keep))
        }
        let calls = perDay.reduce(0, +)
        let entries = assumptions.summaryInterval.map { min(calls, .days(1) / $0) } ?? calls
        return Growth(
            journalBytesPerDay: Self.bytes(entries, of: Growth.journalEntryBytes),
            storeBytesPerDay: bounds.isOff ? 0 : Self.bytes(calls, of: AttemptRecord.storedBytes),
            historyBytes: Self.bytes(kept, of: AttemptRecord.storedBytes))
    }

    private static func bytes(_ count: Double, of size: Int64) -> Int64 {
        Int64(min((count * Double(size)).rounded(), 1e18))
    }
}
