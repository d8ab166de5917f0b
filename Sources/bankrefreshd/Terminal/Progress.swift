import Glibc

/// A line on the terminal that says how far a long command is; nothing where stderr is no terminal.
struct Progress {
    private let isShown = StandardError.isTerminal
    private var lastShown = ContinuousClock.now.advanced(by: .seconds(-1))

    mutating func show(_ text: @autoclosure () -> String) {
        guard isShown, lastShown.duration(to: .now) >= .milliseconds(100) else { return }
        lastShown = .now
        StandardError.write("\r\u{1B}[K\(text())")
    }

    /// Writes a line to stderr, in the place of what is shown.
    func interrupt(_ line: String) {
        end()
        StandardError.write(line + "\n")
    }

    func end() {
        if isShown { StandardError.write("\r\u{1B}[K") }
    }
}
