package import RefreshCore

/// The calls planned for each quarter of an hour, from a day back to a day ahead.
package struct PlannedCalls: Equatable, Sendable {
    /// A day, in quarters of an hour.
    package static let back: Int64 = 96
    package static let ahead: Int64 = 96

    private var planned: [Int64: Int] = [:]

    package init() {}

    /// Nil where nobody planned.
    package subscript(number: Int64) -> Int? { planned[number] }

    /// Keeps what is planned from the quarter `first` on.
    ///
    /// A quarter that has begun keeps the plan it had: part of it is done and in no plan any more.
    package mutating func plan(_ calls: [Int], from first: Int64, now: Timestamp) {
        let current = QuarterHour.number(of: now)
        for (offset, count) in calls.enumerated() {
            let number = first + Int64(offset)
            if number > current || planned[number] == nil { planned[number] = count }
        }
        let kept = current - Self.back...current + Self.ahead
        planned = planned.filter { kept.contains($0.key) }
    }
}
