/// How much is done at once, so that whoever waits behind it waits for some milliseconds.
package struct WorkPace: Equatable, Sendable {
    /// Beyond it less is done at once; five times as long is the most that anybody should wait.
    private let longest: Duration
    private let bounds: ClosedRange<Int>
    package private(set) var amount: Int

    package init(_ amount: Int, within bounds: ClosedRange<Int>, for longest: Duration) {
        self.amount = amount
        self.bounds = bounds
        self.longest = longest
    }

    /// Always as much, however long it takes: where nobody waits.
    package init(always amount: Int) {
        self.init(amount, within: amount...amount, for: .zero)
    }

    /// Less at once where it took too long, a little more where it took next to nothing.
    package mutating func took(_ time: Duration) {
        if time > longest {
            amount = max(bounds.lowerBound, amount / 2)
        } else if time < longest / 3 {
            amount = min(bounds.upperBound, amount + amount / 4 + 1)
        }
    }
}
