/// Numbers as a line of bars.
enum Sparkline {
    private static let blocks = Array("▁▂▃▄▅▆▇█")
    private static let marks = Array("_.-:=+*#")

    /// The greatest is a full bar; zero is a blank.
    static func text(_ values: [Int], isUTF8: Bool = LocaleEncoding.isUTF8) -> String {
        let glyphs = isUTF8 ? blocks : marks
        let greatest = max(1, values.max() ?? 1)
        return String(
            values.map { value in
                value <= 0 ? " " : glyphs[min(glyphs.count - 1, value * glyphs.count / (greatest + 1))]
            })
    }
}
