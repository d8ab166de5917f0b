/// Where things stand in the drawing.
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
        let y = SVGText.number(y)
        return #"<line class="\#(style)" x1="\#(SVGText.number(start))" x2="\#(SVGText.number(end))" "#
            + #"y1="\#(y)" y2="\#(y)"/>"#
    }

    /// A bar with round upper corners that stands on the axis, a gap of 4 beside it.
    func barPath(_ bar: Int, value: Int) -> String {
        let width = max(1, pitch - 4)
        let y = y(of: value)
        let radius = min(4, width / 2, bottom - y)
        let n = SVGText.number
        return "M\(n(x(of: bar) + 2)) \(n(bottom))V\(n(y + radius))q0 \(n(-radius)) \(n(radius)) \(n(-radius))"
            + "h\(n(width - 2 * radius))q\(n(radius)) 0 \(n(radius)) \(n(radius))V\(n(bottom))z"
    }
}
