/// How much is done at once, so that the queue waits for some milliseconds at most.
struct CompactionPace {
    /// Five times as long is the most that anybody should wait.
    private static let longest = Duration.milliseconds(10)

    private let bounds: ClosedRange<Int>
    private(set) var amount: Int

    init(_ amount: Int, within bounds: ClosedRange<Int>) {
        self.amount = amount
        self.bounds = bounds
    }

    /// Less at once where it took too long, a little more where it took next to nothing.
    mutating func took(_ time: Duration) {
        if time > Self.longest {
            amount = max(bounds.lowerBound, amount / 2)
        } else if time < Self.longest / 3 {
            amount = min(bounds.upperBound, amount + amount / 4 + 1)
        }
    }
}

/// How much each kind of work does at once; what one step has found out holds for the next.
struct CompactionPaces {
    var attempts = CompactionPace(200, within: 20...2_000)
    var rows = CompactionPace(50, within: 20...1_000)
    var pages = CompactionPace(20, within: 1...1_000)
}
