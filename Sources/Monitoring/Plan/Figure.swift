import RefreshCore

/// Numbers as people read them.
enum Figure {
    /// Two digits where one is too coarse: `0.07`, `3.4`, `69`, `1,200`.
    static func short(_ number: Double) -> String {
        guard number < 1e15 else { return "\(number)" }
        guard number < 9.95 else { return Int(number.rounded()).grouped }
        let scale = number < 0.995 ? 100 : 10
        let scaled = Int((number * Double(scale)).rounded())
        if scaled == 0 { return number > 0 ? "< 0.01" : "0" }
        let fraction = scaled % scale
        guard fraction > 0 else { return String(scaled / scale) }
        var digits = String(scale + fraction).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(scaled / scale).\(digits)"
    }

    /// The number as a configuration file takes it.
    static func setting(_ number: Double) -> String {
        let text = "\(number)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    static func percent(_ share: Double) -> String {
        let percent = share * 100
        if percent > 0, percent < 1 { return "less than 1 %" }
        return percent < 1e9 ? "\(Int(percent.rounded()).grouped) %" : "far more than 100 %"
    }

    /// For an axis: `950`, `1.5k`, `42k`, `3M`.
    static func axis(_ number: Int) -> String {
        for (unit, size) in [("M", 1_000_000), ("k", 1_000)] where number >= size {
            return short(Double(number) / Double(size)) + unit
        }
        return String(number)
    }
}

/// Round numbers for an axis that begins at zero and holds all values.
struct AxisScale: Equatable {
    /// From 0 up, evenly spaced, the last not below the greatest value.
    let ticks: [Int]

    var top: Int { ticks.last ?? 1 }

    /// Steps of 25, 250 and so on only with `quarters`.
    init(holding greatest: Int, intervals: Int, quarters: Bool = false) {
        let greatest = min(max(1, greatest), Int.max / 20)
        let least = (greatest + intervals - 1) / intervals
        var decade = 1
        while decade * 10 <= least { decade *= 10 }
        let round = [1, 2, 5, 10].map { $0 * decade } + (quarters && decade > 1 ? [decade * 5 / 2] : [])
        let step = round.filter { $0 >= least }.min() ?? least
        ticks = (0...(greatest + step - 1) / step).map { $0 * step }
    }
}
