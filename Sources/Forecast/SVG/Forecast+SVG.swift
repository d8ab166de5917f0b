import RefreshCore

extension Forecast {
    /// The plot as a self-contained SVG document, for light and dark pages.
    package var svg: String {
        let scale = AxisScale(holding: max(1, callsPerHour.max() ?? 0), intervals: 5)
        let notes = ["\(users.grouped) users. \(verdict.sentence)"].flatMap { $0.wrapped(width: 112) }
        let frame = SVGFrame(bars: callsPerHour.count, top: scale.top, notes: notes.count, figures: figures.count)
        let title = "Calls due per hour from \(from.minuteText) UTC"
        let details = figures.map { "\($0): \($1)." }.joined(separator: " ")
        let size = (SVGText.number(SVGFrame.width), SVGText.number(frame.height))
        var lines = [
            #"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \#(size.0) \#(size.1)" "#
                + #"width="\#(size.0)" height="\#(size.1)" role="img" aria-labelledby="title desc">"#,
            "<title id=\"title\">\(SVGText.escaped(title)), \(users.grouped) users</title>",
            "<desc id=\"desc\">\(SVGText.escaped("\(verdict.sentence) \(details)"))</desc>",
            SVGText.style,
            #"<rect class="page" width="\#(size.0)" height="\#(size.1)"/>"#,
            SVGText.element("heading", x: 24, y: 34, title),
        ]
        for (row, note) in notes.enumerated() {
            lines.append(SVGText.element("note", x: 24, y: 56 + 18 * Double(row), note))
        }
        for tick in scale.ticks {
            let y = frame.y(of: tick)
            lines.append(frame.line(tick == 0 ? "base" : "grid", at: y))
            lines.append(SVGText.element("tick end", x: SVGFrame.left - 8, y: y + 4, Figure.axis(tick)))
        }
        lines += bars(in: frame)
        let limit = capacity.callsPerSecond * 3_600
        if limit <= Double(scale.top) {
            // Named beside the heading: on the bars, text would be hard to read.
            lines.append(SVGFrame.line("limit", at: 29, from: SVGFrame.right - 190, to: SVGFrame.right - 162))
            lines.append(SVGText.element("end", x: SVGFrame.right, y: 33, "what the limits let through"))
            lines.append(frame.line("limit", at: frame.y(of: Int(limit))))
        }
        lines.append(SVGText.element("middle", x: frame.middle.x, y: frame.bottom + 44, "time, UTC"))
        lines.append(
            "<text class=\"middle\" transform=\"translate(36 \(SVGText.number(frame.middle.y))) rotate(-90)\">"
                + "calls due per hour</text>")
        for (row, figure) in figures.enumerated() {
            let y = frame.bottom + 76 + 20 * Double(row)
            lines.append(SVGText.element("note", x: 24, y: y, figure.0))
            lines.append(SVGText.element("fact", x: 210, y: y, figure.1))
        }
        lines.append("</svg>")
        return lines.joined(separator: "\n") + "\n"
    }

    private func bars(in frame: SVGFrame) -> [String] {
        hourBars(labelEvery: 3).enumerated().flatMap { hour, bar -> [String] in
            let start = from.advanced(by: .hours(Int64(hour)))
            let end = start.advanced(by: .hours(1))
            let name = "\(start.clockText) to \(end.clockText): \(bar.value.grouped) calls"
            let path = frame.barPath(hour, value: bar.value)
            var lines = ["<path class=\"bar\" d=\"\(path)\"><title>\(name)</title></path>"]
            if let label = bar.label {
                lines.append(SVGText.element("tick middle", x: frame.x(of: hour), y: frame.bottom + 20, label))
            }
            return lines
        }
    }
}
