import Host
import RefreshCore

/// A line on the terminal with the progress of a long command; nothing if stderr is not a terminal.
struct Progress {
    private static let barColumns = 20

    private let isShown = StandardError.isTerminal && ProcessEnvironment.value("TERM") != "dumb"
    private let begun = ContinuousClock.now
    private var lastShown = ContinuousClock.now.advanced(by: .seconds(-1))

    /// Shows the share that is done (0 to 1; nil if unknown) as a bar, the time left, and `text`.
    mutating func show(share: Double?, _ text: @autoclosure () -> String) {
        guard isShown, lastShown.duration(to: .now) >= .milliseconds(100) else { return }
        lastShown = .now
        draw(share, text())
    }

    /// Shows the final state, even right after another one, and removes the line.
    func end(_ text: @autoclosure () -> String) {
        guard isShown else { return }
        draw(1, text())
        clear()
    }

    private func draw(_ share: Double?, _ text: String) {
        var line = ""
        if let share {
            let share = min(1, max(0, share))
            let filled = Int((share * Double(Self.barColumns)).rounded(.down))
            line = "[" + String(repeating: "#", count: filled)
            line +=
                String(repeating: LocaleEncoding.isUTF8 ? "·" : ".", count: Self.barColumns - filled)
                + "] \(Int(share * 100)) %"
            if let left = left(at: share) { line += ", \(left.roundedText) left" }
            line += "  "
        }
        line += text
        StandardError.write("\r\u{1B}[K" + line.cut(to: max(1, StandardError.columns - 1)))
    }

    /// The time left; nil until it can be estimated.
    private func left(at share: Double) -> Duration? {
        let passed = begun.duration(to: .now)
        guard passed >= .seconds(2), share > 0.01, share < 1 else { return nil }
        return .seconds((passed * ((1 - share) / share)).components.seconds)
    }

    /// Removes the line; the next output begins in its place.
    func clear() {
        if isShown { StandardError.write("\r\u{1B}[K") }
    }

    /// Replaces the shown line by a permanent line on stderr.
    func interrupt(_ line: String) {
        clear()
        StandardError.write(line + "\n")
    }
}
