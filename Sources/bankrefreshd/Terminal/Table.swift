import Glibc

/// Rows under headings, in columns that fit the terminal; the last column is cut when it must be.
struct Table {
    private let headings: [String]
    private var rows: [[String]] = []

    init(_ headings: String...) {
        self.headings = headings
    }

    mutating func add(_ cells: String...) {
        rows.append(cells)
    }

    /// `width` nil prints every cell whole, for files and pipes.
    func text(width: Int? = StandardOutput.isTerminal ? Table.terminalWidth : nil) -> String {
        let widths = headings.indices.map { column in
            ([headings] + rows).map { $0[column].count }.max() ?? 0
        }
        return ([headings] + rows).map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell
                if column < row.count - 1 { line += String(repeating: " ", count: widths[column] - cell.count + 2) }
            }
            while line.last == " " { line.removeLast() }
            if let width, line.count > width { line = String(line.prefix(max(1, width - 1))) + "…" }
            return line + "\n"
        }.joined()
    }

    static var terminalWidth: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
