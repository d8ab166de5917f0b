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

    func end() {
        if isShown { StandardError.write("\r\u{1B}[K") }
    }
}
