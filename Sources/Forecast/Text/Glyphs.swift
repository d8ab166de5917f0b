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

    /// The part of a bar in one line, `eighths` of it filled.
    func bar(eighths: Int) -> String {
        switch self {
        case .blocks: [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"][eighths]
        case .ascii: eighths >= 6 ? "#" : eighths >= 3 ? "=" : eighths > 0 ? "_" : " "
        }
    }
}
