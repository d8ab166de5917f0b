import Glibc

/// How much a terminal shows.
struct TerminalSize: Equatable {
    var columns: Int
    var rows: Int

    /// Of the terminal that stdout is.
    static var now: TerminalSize? { of(STDOUT_FILENO) }

    /// Nil where the descriptor is no terminal, or it does not tell.
    static func of(_ descriptor: Int32) -> TerminalSize? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return TerminalSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }
}
