import RefreshCore

/// Counts spans by their length.
package struct Histogram: Equatable, Sendable {
    /// Upper bounds in microseconds, included, in ascending order.
    package let bounds: [Int64]
    /// One count for each bound, and one for spans above the last.
    package private(set) var counts: [Int]
    package private(set) var microseconds: Int64 = 0

    package var count: Int { counts.reduce(0, +) }

    /// `bounds` in ascending order.
    package init(bounds: [Duration]) {
        self.bounds = bounds.map(\.wholeMicroseconds)
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    package mutating func add(_ span: Duration) {
        let value = span.wholeMicroseconds
        // A linear search: the lists are short, and most spans fall into their first half.
        var index = 0
        while index < bounds.count, value > bounds[index] { index += 1 }
        counts[index] += 1
        microseconds = microseconds.saturatingAdding(value)
    }

    /// The lowest bound that holds at least this share of the spans; nil if there are none or it is above the last.
    package func bound(ofShare share: Double) -> Duration? {
        let wanted = share * Double(count)
        guard count > 0 else { return nil }
        var sum = 0
        for (bound, count) in zip(bounds, counts) {
            sum += count
            if Double(sum) >= wanted { return .microseconds(bound) }
        }
        return nil
    }
}

extension Histogram {
    /// Calls: from a cached answer to a slow bank.
    static let calls = Histogram(bounds: [
        .milliseconds(50), .milliseconds(100), .milliseconds(250), .milliseconds(500), .seconds(1),
        .milliseconds(2_500), .seconds(5), .seconds(10), .seconds(20), .seconds(30), .seconds(60), .seconds(120),
        .seconds(180),
    ])

    /// Starts: from on time to a day late.
    static let lateness = Histogram(bounds: [
        .milliseconds(100), .milliseconds(500), .seconds(1), .seconds(5), .seconds(15), .minutes(1), .minutes(5),
        .minutes(15), .hours(1), .hours(4), .days(1),
    ])

    /// Parts of the work on this machine.
    static let work = Histogram(bounds: [
        .microseconds(10), .microseconds(50), .microseconds(250), .milliseconds(1), .milliseconds(5),
        .milliseconds(10), .milliseconds(25), .milliseconds(50), .milliseconds(100), .milliseconds(250),
        .milliseconds(500), .seconds(1), .seconds(5),
    ])
}
