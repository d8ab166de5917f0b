import RefreshCore

extension Forecast {
    /// The plot as a self-contained SVG document, for light and dark pages.
    package var svg: String {
        let scale = AxisScale(holding: callsPerHour.max() ?? 0, intervals: 5, quarters: true)
        let notes = ["\(users.grouped) users. \(verdict.sentence)"].flatMap { $0.wrapped(width: 112) }
        let frame = SVGFrame(bars: callsPerHour.count, top: scale.top, notes: notes.count, figures: figures.count)
        let title = "Calls due per hour from \(from.minuteText) UTC"
        let details = figures.map { "\($0): \($1)." }.joined(separator: " ")
        let size = (HTML.number(SVGFrame.width), HTML.number(frame.height))
        var lines = [
            #"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \#(size.0) \#(size.1)" "#
                + #"width="\#(size.0)" height="\#(size.1)" role="img" aria-labelledby="title desc">"#,
            "<title id=\"title\">\(HTML.escaped(title)), \(users.grouped) users</title>",
            "<desc id=\"desc\">\(HTML.escaped("\(verdict.sentence) \(details)"))</desc>",
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
            // The legend is next to the heading, because text on the bars would be hard to read.
            lines.append(SVGFrame.line("limit", at: 29, from: SVGFrame.right - 190, to: SVGFrame.right - 162))
            lines.append(SVGText.element("end", x: SVGFrame.right, y: 33, "what the limits let through"))
            lines.append(frame.line("limit", at: frame.y(of: Int(limit))))
        }
        lines.append(SVGText.element("middle", x: frame.middle.x, y: frame.bottom + 44, "time, UTC"))
        lines.append(
            "<text class=\"middle\" transform=\"translate(36 \(HTML.number(frame.middle.y))) rotate(-90)\">"
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
            let name = "\(Words.clock(start)) to \(Words.clock(end)): \(bar.value.grouped) calls"
            let path = frame.barPath(hour, value: bar.value)
            var lines = ["<path class=\"bar\" d=\"\(path)\"><title>\(name)</title></path>"]
            if let label = bar.label {
                lines.append(SVGText.element("tick middle", x: frame.x(of: hour), y: frame.bottom + 20, label))
            }
            return lines
        }
    }
}

/// The layout of the drawing.
struct SVGFrame {
    static let width = 820.0
    static let left = 92.0
    static let right = 796.0
    private static let plotHeight = 260.0

    private let bars: Int
    private let topValue: Int
    private let top: Double
    let bottom: Double
    let height: Double

    /// `top` is the value at the top of the axis, above 0; `notes` and `figures` count lines above and below the plot.
    init(bars: Int, top: Int, notes: Int, figures: Int) {
        self.bars = max(1, bars)
        topValue = top
        self.top = 66 + 18 * Double(notes)
        bottom = self.top + Self.plotHeight
        height = bottom + 76 + 20 * Double(figures)
    }

    private var pitch: Double { (Self.right - Self.left) / Double(bars) }

    var middle: (x: Double, y: Double) { ((Self.left + Self.right) / 2, (top + bottom) / 2) }

    /// The left edge of a bar, where its hour begins.
    func x(of bar: Int) -> Double { Self.left + pitch * Double(bar) }

    func y(of value: Int) -> Double { bottom - Self.plotHeight * Double(value) / Double(topValue) }

    func line(_ style: String, at y: Double) -> String {
        Self.line(style, at: y, from: Self.left, to: Self.right)
    }

    static func line(_ style: String, at y: Double, from start: Double, to end: Double) -> String {
        let y = HTML.number(y)
        return #"<line class="\#(style)" x1="\#(HTML.number(start))" x2="\#(HTML.number(end))" "#
            + #"y1="\#(y)" y2="\#(y)"/>"#
    }

    /// A bar with rounded upper corners that stands on the axis, with a gap of 4 to the next.
    func barPath(_ bar: Int, value: Int) -> String {
        let width = max(1, pitch - 4)
        let y = y(of: value)
        let radius = min(4, width / 2, bottom - y)
        let n = HTML.number
        return "M\(n(x(of: bar) + 2)) \(n(bottom))V\(n(y + radius))q0 \(n(-radius)) \(n(radius)) \(n(-radius))"
            + "h\(n(width - 2 * radius))q\(n(radius)) 0 \(n(radius)) \(n(radius))V\(n(bottom))z"
    }
}

/// The text of an SVG document.
enum SVGText {
    /// One line of text; `classes` are those of the style.
    static func element(_ classes: String, x: Double, y: Double, _ content: String) -> String {
        #"<text class="\#(classes)" x="\#(HTML.number(x))" y="\#(HTML.number(y))">\#(HTML.escaped(content))</text>"#
    }

    static let style = """
        <style>
        text { font-family: system-ui, sans-serif; font-size: 12px; fill: #52514e; }
        .page { fill: #fcfcfb; }
        .heading { font-size: 18px; font-weight: 600; fill: #0b0b0b; }
        .note { font-size: 13px; }
        .fact { font-size: 13px; fill: #0b0b0b; }
        .tick, .fact { font-variant-numeric: tabular-nums; }
        .end { text-anchor: end; }
        .middle { text-anchor: middle; }
        .grid { stroke: #e4e3df; }
        .base { stroke: #8a8983; }
        .bar { fill: #2a78d6; }
        .limit { stroke: #d03b3b; stroke-width: 2; stroke-dasharray: 6 4; }
        @media (prefers-color-scheme: dark) {
          text { fill: #c3c2b7; }
          .page { fill: #1a1a19; }
          .heading, .fact { fill: #ffffff; }
          .grid { stroke: #33332f; }
          .base { stroke: #7d7c76; }
          .bar { fill: #3987e5; }
          .limit { stroke: #e66767; }
        }
        </style>
        """
}
