import Glibc

/// Rows under headings, in columns that fit the terminal.
///
/// Where they do not, the first column is cut to leave room for the others, then the line. Rows may come page by page:
/// a column becomes wider with a later page, never narrower.
struct Table {
    /// What stands in one column of a row.
    struct Cell: ExpressibleByStringInterpolation {
        let text: String
        let style: TextStyle?

        init(_ text: String, _ style: TextStyle? = nil) {
            self.text = text
            self.style = style
        }

        init(stringLiteral text: String) {
            self.init(text)
        }
    }

    /// The first column is not cut to less, wherever the others fit beside it.
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

    /// A cell for each heading.
    mutating func add(_ cells: [Cell]) {
        rows.append(cells)
    }

    mutating func add(_ label: String, _ value: String) {
        rows.append([Cell(label), Cell(value)])
    }

    /// What was added; `width` nil prints every cell whole, for files and pipes.
    func text(width: Int? = Table.shownWidth) -> String {
        var table = self
        return table.page(width: width)
    }

    /// What was added since the last page, under the headings if it is the first.
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
        // What lies between the first column and the last.
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

    /// The terminal's columns; nil where stdout is none.
    static var shownWidth: Int? { StandardOutput.isTerminal ? terminalWidth : nil }

    static var terminalWidth: Int { TerminalSize.now?.columns ?? 80 }
}
