import Host
import RefreshCore

/// Rows under headings, in columns that fit the terminal.
///
/// If they do not fit, the first column is cut to leave room for the others, and then the line is cut. Rows may come in
/// pages: a later page can make a column wider, never narrower.
struct Table {
    struct Cell {
        let text: String
        let style: TextStyle?

        init(_ text: String, _ style: TextStyle? = nil) {
            self.text = text
            self.style = style
        }
    }

    private static let leastFirst = 12

    private let headings: [String]
    private var widths: [Int]
    private var rows: [[Cell]] = []
    private var isBegun = false

    init(_ headings: String...) {
        self.init(headings)
    }

    init(_ headings: [String]) {
        self.headings = headings
        widths = headings.map(\.columns)
    }

    /// Adds a row with a cell for each heading.
    mutating func add(_ cells: [Cell]) {
        rows.append(cells)
    }

    mutating func add(_ label: String, _ value: String, _ style: TextStyle? = nil) {
        rows.append([Cell(label), Cell(value, style)])
    }

    /// All rows; if `width` is nil, for files and pipes, no cell is cut.
    func text(width: Int? = Table.shownWidth) -> String {
        var table = self
        return table.page(width: width)
    }

    /// The rows added since the last page; the first page has the headings.
    mutating func page(width: Int? = Table.shownWidth) -> String {
        for row in rows {
            for (column, cell) in row.enumerated() { widths[column] = max(widths[column], cell.text.columns) }
        }
        let widths = fitted(to: width)
        let head = isBegun ? [] : [headings.map { Cell($0) }]
        isBegun = true
        defer { rows = [] }
        var text: [UInt8] = []
        for row in head + rows { append(row, widths: widths, within: width, to: &text) }
        return String(decoding: text, as: UTF8.self)
    }

    private func fitted(to width: Int?) -> [Int] {
        // The width of the columns between the first and the last.
        let middle = widths.dropFirst().dropLast().reduce(0) { $0 + $1 + 2 }
        guard let width, widths.count > 2, widths[0] + middle > width else { return widths }
        var fitted = widths
        fitted[0] = min(widths[0], max(Self.leastFirst, width - middle))
        return fitted
    }

    private func append(_ row: [Cell], widths: [Int], within width: Int?, to text: inout [UInt8]) {
        var used = 0
        let last = row.lastIndex { !$0.text.isEmpty } ?? 0
        for (column, cell) in row.enumerated() where column <= last {
            let room = width.map { $0 - used } ?? .max
            if room <= 0 { break }
            let shown = (column < row.count - 1 ? cell.text.cut(to: widths[column]) : cell.text).cut(to: room)
            text.append(contentsOf: (cell.style?.on(shown) ?? shown).utf8)
            let columns = shown.columns
            let gap = column < last ? min(widths[column] + 2 - columns, room - columns) : 0
            for _ in 0..<gap { text.append(UInt8(ascii: " ")) }
            used += columns + gap
        }
        while text.last == UInt8(ascii: " ") { text.removeLast() }
        text.append(UInt8(ascii: "\n"))
    }

    /// The terminal's columns; nil if stdout is not a terminal.
    static var shownWidth: Int? { StandardOutput.isTerminal ? terminalWidth : nil }

    static var terminalWidth: Int { TerminalSize.now?.columns ?? 80 }
}

extension String {
    /// The number of terminal columns that the text takes; it must not contain escape sequences.
    var columns: Int {
        // Nearly all text is ASCII, in which each byte takes one column.
        let isPlain = utf8.withContiguousStorageIfAvailable { $0.allSatisfy { $0 < 0x80 } } ?? false
        return isPlain ? utf8.count : reduce(0) { $0 + $1.columns }
    }

    /// The text cut to the number of columns, with an ellipsis at the cut.
    func cut(to columns: Int) -> String {
        guard self.columns > columns else { return self }
        guard columns > 0 else { return "" }
        let mark = String(LocaleEncoding.ellipsis.prefix(columns))
        var (kept, width) = ("", 0)
        for character in self {
            width += character.columns
            if width > columns - mark.count { break }
            kept.append(character)
        }
        return kept + mark
    }

    /// The text, filled with spaces to the number of columns.
    func padded(to columns: Int) -> String {
        self + String(repeating: " ", count: max(0, columns - self.columns))
    }
}

extension Character {
    /// 2 for wide characters of East Asia and for emoji, otherwise 1; combining marks belong to their base character.
    ///
    /// Source: Unicode Standard Annex #11, the blocks that are entirely wide.
    fileprivate var columns: Int {
        guard let scalar = unicodeScalars.first, scalar.value >= 0x1100 else { return 1 }
        return switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
            0x1F900...0x1FAFF, 0x20000...0x3FFFD:
            2
        default: 1
        }
    }
}

enum TextStyle: String {
    case dim = "2"
    case good = "32"
    case warning = "33"
    case bad = "31"

    /// Whether stdout shows styles: on a terminal, unless `NO_COLOR` is set or the terminal is dumb.
    ///
    /// Source: no-color.org.
    static let isShown =
        StandardOutput.isTerminal && ProcessEnvironment.nonEmpty("NO_COLOR") == nil
        && ProcessEnvironment.value("TERM") != "dumb"

    func on(_ text: String) -> String {
        Self.isShown && !text.isEmpty ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
    }
}

extension TextStyle {
    /// The style of a state's name; nil for `scheduled`.
    init?(_ state: UserState.Kind) {
        switch state {
        case .scheduled: return nil
        case .backingOff: self = .warning
        case .parked: self = .bad
        case .paused: self = .dim
        }
    }

    init(_ level: Health.Severity) {
        switch level {
        case .well: self = .good
        case .note, .starting, .stopping, .attention: self = .warning
        case .trouble: self = .bad
        }
    }

    init(_ outcome: OutcomeKind) {
        switch outcome {
        case .refreshed: self = .good
        case .rejected, .throttled, .unavailable, .unknown: self = .warning
        case .unauthorized, .forbidden, .refused, .malformed, .misconfigured: self = .bad
        }
    }
}
