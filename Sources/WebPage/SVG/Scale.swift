/// Round numbers for an axis from zero that holds all values.
struct Scale: Equatable {
    let ticks: [Int]

    var top: Int { ticks.last ?? 1 }

    init(holding greatest: Int, intervals: Int) {
        let greatest = min(max(1, greatest), Int.max / 20)
        let least = (greatest + intervals - 1) / intervals
        var decade = 1
        while decade * 10 <= least { decade *= 10 }
        let step = [1, 2, 5, 10].map { $0 * decade }.first { $0 >= least } ?? least
        ticks = (0...(greatest + step - 1) / step).map { $0 * step }
    }
}
