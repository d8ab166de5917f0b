/// How much work to do at once, so that other work waits only for some milliseconds.
package struct WorkPace: Equatable, Sendable {
    /// The target time.
    ///
    /// Longer work is cut down; other work may have to wait for five times this at most.
    private let longest: Duration
    private let bounds: ClosedRange<Int>
    package private(set) var amount: Int

    package init(_ amount: Int, within bounds: ClosedRange<Int>, for longest: Duration) {
        self.amount = amount
        self.bounds = bounds
        self.longest = longest
    }

    /// A fixed amount, however long it takes: for use when no work waits.
    package init(always amount: Int) {
        self.init(amount, within: amount...amount, for: .zero)
    }

    /// Lowers the amount if the work took too long, and raises it a little if it took little time.
    package mutating func took(_ time: Duration) {
        if time > longest {
            amount = max(bounds.lowerBound, amount / 2)
        } else if time < longest / 3 {
            amount = min(bounds.upperBound, amount + amount / 4 + 1)
        }
    }
}
