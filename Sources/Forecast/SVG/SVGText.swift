/// The text of an SVG document.
enum SVGText {
    /// One line of text; `classes` are those of the style.
    static func element(_ classes: String, x: Double, y: Double, _ content: String) -> String {
        #"<text class="\#(classes)" x="\#(number(x))" y="\#(number(y))">\#(escaped(content))</text>"#
    }

    /// To a tenth.
    static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        let sign = tenths < 0 ? "-" : ""
        let fraction = abs(tenths) % 10
        return sign + "\(abs(tenths) / 10)" + (fraction > 0 ? ".\(fraction)" : "")
    }

    static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
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
