/// Vertical bars in lines of text.
struct BarPlot {
    /// A bar's value, and the label below it, if any.
    struct Bar {
        let value: Int
        let label: String?
    }

    let bars: [Bar]
    let glyphs: Glyphs
    /// The most lines that the highest bar takes.
    var height = 8

    /// The plot, line by line; empty if `width` is too small for it.
    func lines(width: Int) -> [String] {
        let scale = AxisScale(holding: bars.map(\.value).max() ?? 0, intervals: 4, quarters: true)
        let names = scale.ticks.map(Figure.axis)
        let margin = names.map(\.count).max() ?? 0
        let column = min(5, (width - margin - 3) / max(1, bars.count))
        guard column >= 1 else { return [] }
        // A bar of three or more columns leaves one free, so that bars can be told apart.
        let thickness = column >= 3 ? column - 1 : column

        var lines: [String] = []
        for row in (0..<height).reversed() {
            let tick = scale.ticks.indices.first { row == line(of: scale.ticks[$0], top: scale.top) && $0 > 0 }
            var text = padded(tick.map { names[$0] } ?? "", to: margin)
            text += " " + String(tick == nil ? glyphs.axis : glyphs.tick)
            for bar in bars {
                let eighths = bar.value > 0 ? max(1, bar.value * height * 8 / scale.top) : 0
                let glyph = glyphs.bar(eighths: min(8, max(0, eighths - row * 8)))
                text += String(repeating: glyph, count: thickness)
                text += String(repeating: " ", count: column - thickness)
            }
            lines.append(trimmed(text))
        }
        lines.append(
            padded("0", to: margin) + " " + String(glyphs.corner)
                + String(repeating: glyphs.base, count: bars.count * column))
        lines.append(labels(margin: margin + 2, column: column))
        return lines
    }

    /// The line whose upper edge is at a tick.
    private func line(of tick: Int, top: Int) -> Int {
        (tick * height + top / 2) / top - 1
    }

    private func labels(margin: Int, column: Int) -> String {
        var text = String(repeating: " ", count: margin)
        for (index, bar) in bars.enumerated() {
            guard let label = bar.label else { continue }
            let start = margin + index * column
            // A label that would touch the previous one is left out.
            guard text.count <= start, index == 0 || text.count < start || text.last == " " else { continue }
            text += String(repeating: " ", count: start - text.count) + label
        }
        return trimmed(text)
    }

    private func padded(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private func trimmed(_ text: String) -> String {
        var text = text
        while text.last == " " { text.removeLast() }
        return text
    }
}

/// The characters that a plot is drawn with.
package enum Glyphs: Sendable {
    /// Block elements, an eighth of a line at a time.
    case blocks
    /// ASCII alone, for terminals without UTF-8.
    case ascii

    var axis: Character { self == .blocks ? "│" : "|" }
    var tick: Character { self == .blocks ? "┤" : "+" }
    var corner: Character { self == .blocks ? "└" : "+" }
    var base: Character { self == .blocks ? "─" : "-" }

    /// The part of a bar in one line, with `eighths` of it filled.
    func bar(eighths: Int) -> String {
        switch self {
        case .blocks: [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"][eighths]
        case .ascii: eighths >= 6 ? "#" : eighths >= 3 ? "=" : eighths > 0 ? "_" : " "
        }
    }
}
