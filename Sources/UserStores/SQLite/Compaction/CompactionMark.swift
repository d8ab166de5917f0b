import RefreshCore

/// How far a compaction pass has come.
enum CompactionMark: Equatable {
    /// The history rows after a day and a place are still to be packed.
    case attempts(day: Int64, place: Int64)
    /// The rows of this table after a place are still to be packed.
    case rows(PackedTable, place: Int64)
    /// All rows are packed; free pages are still to be returned to the file system.
    case pages

    static let first = CompactionMark.attempts(day: .min, place: -1)

    /// Parses a stored mark; nil for any other text.
    init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let numbers = parts.dropFirst().compactMap { Int64($0) }
        guard numbers.count == parts.count - 1 else { return nil }
        switch (parts[0], numbers.count) {
        case ("attempts", 2): self = .attempts(day: numbers[0], place: numbers[1])
        case ("pages", 0): self = .pages
        case (let name, 1):
            guard let table = PackedTable(rawValue: String(name)) else { return nil }
            self = .rows(table, place: numbers[0])
        default: return nil
        }
    }

    var text: String {
        switch self {
        case .attempts(let day, let place): "attempts:\(day):\(place)"
        case .rows(let table, let place): "\(table.rawValue):\(place)"
        case .pages: "pages"
        }
    }

    /// Roughly how much of the pass is done, from 0 to 1; `days` is the range of the history's days.
    func share(of days: ClosedRange<Int64>?) -> Double {
        switch self {
        case .attempts(let day, let place):
            guard let days, days.contains(day) else { return 0 }
            let count = Double(days.upperBound - days.lowerBound + 1)
            return 0.5 * (Double(day - days.lowerBound) + Self.share(of: place)) / count
        case .rows(.users, let place): return 0.5 + 0.3 * Self.share(of: place)
        case .rows(.schedule, let place): return 0.8 + 0.1 * Self.share(of: place)
        case .pages: return 0.9
        }
    }

    /// Places are hashes, distributed evenly between 0 and the largest value.
    private static func share(of place: Int64) -> Double {
        max(0, Double(place) / Double(Int64.max))
    }
}

/// A table whose rows are packed in the order of their places.
enum PackedTable: String {
    case users, schedule
}
