/// Round numbers for an axis that begins at nothing and holds all values.
struct AxisScale: Equatable {
    /// From 0 up, evenly spaced, the last not below the greatest value.
    let ticks: [Int]

    var top: Int { ticks.last ?? 1 }

    init(holding greatest: Int, intervals: Int) {
        let least = max(1, (greatest + intervals - 1) / intervals)
        var decade = 1
        while decade * 10 <= least { decade *= 10 }
        let round = [1, 2, 5, 10].map { $0 * decade } + [decade * 5 / 2].filter { $0 * 2 == decade * 5 }
        let step = round.filter { $0 >= least }.min() ?? least
        let count = max(1, (greatest + step - 1) / step)
        ticks = (0...count).map { $0 * step }
    }
}
