import RefreshCore

/// Bars for the calls made, a line for the calls planned, and a mark for the present.
struct LoadCurve {
    /// One bar, or only the plan if its time has not come.
    struct Bar {
        let from: Timestamp
        let to: Timestamp
        let called: Int
        let failed: Int
        let planned: Int?
        let isAhead: Bool
    }

    /// Joins quarters into bars; a bar of several covers a whole unit of the clock.
    static func bars(of overview: Overview, quartersPerBar: Int) -> [Bar] {
        let size = Int64(quartersPerBar)
        var bars: [Bar] = []
        var rest = overview.quarters[...]
        while let first = rest.first {
            let number = first.number.floorDivided(by: size)
            let joined = rest.prefix { $0.number.floorDivided(by: size) == number }
            rest = rest.dropFirst(joined.count)
            // Part of an hour next to whole ones would look like a drop.
            guard joined.count == quartersPerBar else { continue }
            let called = joined.reduce(0) { $0 + $1.called }
            let plans = joined.compactMap(\.planned)
            bars.append(
                Bar(
                    from: first.start,
                    to: first.start.advanced(by: QuarterHour.length * joined.count),
                    called: called, failed: called - joined.reduce(0) { $0 + $1.refreshed },
                    planned: plans.count == joined.count ? plans.reduce(0, +) : nil,
                    isAhead: first.start > overview.now))
        }
        return bars
    }

    private let bars: [Bar]
    private let now: Timestamp
    private let unit: String
    private let width: Double
    private let height: Double
    private let hoursPerLabel: Int64
    private let scale: AxisScale
    private let left: Double
    private let top = 14.0
    private let foot = 30.0

    init(_ overview: Overview, quartersPerBar: Int, width: Double, height: Double, hoursPerLabel: Int64) {
        bars = Self.bars(of: overview, quartersPerBar: quartersPerBar)
        now = overview.now
        unit = quartersPerBar == 1 ? "in 15 minutes" : "in an hour"
        self.width = width
        self.height = height
        self.hoursPerLabel = hoursPerLabel
        let scale = AxisScale(holding: bars.map { max($0.called, $0.planned ?? 0) }.max() ?? 0, intervals: 4)
        self.scale = scale
        left = 14 + 7.2 * Double(scale.ticks.map { $0.grouped.count }.max() ?? 1)
    }

    private var bottom: Double { height - foot }
    private var pitch: Double { (width - left - 4) / Double(max(1, bars.count)) }

    private func y(_ value: Int) -> Double {
        bottom - (bottom - top) * Double(value) / Double(max(1, scale.top))
    }

    private func x(_ bar: Int) -> Double { left + pitch * Double(bar) }

    var svg: String {
        let n = HTML.number
        let called = bars.reduce(0) { $0 + $1.called }
        let label = "Calls \(unit) over the last day, and as planned: \(called.grouped) were made."
        var text = #"<svg viewBox="0 0 \#(n(width)) \#(n(height))" role="img" aria-label="\#(HTML.escaped(label))">"#
        for tick in scale.ticks {
            text +=
                #"<line class="\#(tick == 0 ? "base" : "grid")" x1="\#(n(left))" x2="\#(n(width - 4))" "#
                + #"y1="\#(n(y(tick)))" y2="\#(n(y(tick)))"/>"#
            text += #"<text class="end" x="\#(n(left - 8))" y="\#(n(y(tick) + 4))">\#(tick.grouped)</text>"#
        }
        text += #"<text x="\#(n(left + 4))" y="\#(n(top - 3))">calls \#(unit)</text>"#
        text += bars.indices.map(bar).joined() + plan + labels + nowLine
        return text + "</svg>"
    }

    private func bar(_ index: Int) -> String {
        let bar = bars[index]
        let n = HTML.number
        let gap = pitch > 6 ? 1.5 : 0.8
        let (left, width) = (x(index) + gap / 2, pitch - gap)
        let words = [
            "\(Words.clock(bar.from)) to \(Words.clock(bar.to)) UTC",
            bar.isAhead
                ? nil
                : bar.called.counted("call") + (bar.failed > 0 ? ", \(bar.failed.grouped) failed" : ""),
            bar.planned.map { "\($0.grouped) planned" },
        ]
        var text = #"<g><title>\#(words.compactMap(\.self).joined(separator: "\n"))</title>"#
        // Pointing anywhere above or in a bar shows its figures.
        text +=
            #"<rect class="target" x="\#(n(x(index)))" y="\#(n(top))" width="\#(n(pitch))" height="\#(n(bottom - top))"/>"#
        let good = bar.called - bar.failed
        let split = y(good)
        if good > 0 {
            text +=
                #"<rect class="good" x="\#(n(left))" y="\#(n(split))" width="\#(n(width))" height="\#(n(bottom - split))"/>"#
        }
        if bar.failed > 0 {
            // Few failures among many calls would otherwise be too thin to see.
            let top = bar.failed * 50 >= bar.called ? min(y(bar.called), split - 1.5) : y(bar.called)
            text +=
                #"<rect class="bad" x="\#(n(left))" y="\#(n(top))" width="\#(n(width))" height="\#(n(split - top))"/>"#
        }
        return text + "</g>"
    }

    /// Drawn as steps, because a plan holds for the whole of its bar.
    private var plan: String {
        var path = ""
        var isDrawing = false
        for (index, bar) in bars.enumerated() {
            guard let planned = bar.planned else {
                isDrawing = false
                continue
            }
            let height = HTML.number(y(planned))
            path += isDrawing ? "V\(height)" : "M\(HTML.number(x(index))) \(height)"
            path += "H\(HTML.number(x(index + 1)))"
            isDrawing = true
        }
        return path.isEmpty ? "" : "<path class=\"plan\" d=\"\(path)\"/>"
    }

    private var labels: String {
        var text = ""
        for (index, bar) in bars.enumerated() {
            let quarter = bar.from.microsecondsSinceEpoch / 900_000_000
            guard quarter % 4 == 0, (quarter / 4) % hoursPerLabel == 0, x(index) < width - 20 else { continue }
            text +=
                #"<text class="middle" x="\#(HTML.number(x(index)))" y="\#(HTML.number(bottom + 18))">"#
                + "\(Words.clock(bar.from))</text>"
        }
        return text
    }

    private var nowLine: String {
        guard let first = bars.first, let last = bars.last else { return "" }
        let whole = Double(first.from.duration(to: last.to).wholeMicroseconds)
        let x = left + (width - left - 4) * Double(first.from.duration(to: now).wholeMicroseconds) / whole
        let n = HTML.number
        return #"<line class="now" x1="\#(n(x))" x2="\#(n(x))" y1="\#(n(top))" y2="\#(n(bottom))"/>"#
            + #"<text class="end now" x="\#(n(x - 5))" y="\#(n(top - 3))">now</text>"#
    }
}
