import Glibc

/// The terminal's alternate screen, redrawn repeatedly; the previous content returns afterwards.
///
/// Source: console_codes(4) and xterm's control sequences.
final class LiveScreen {
    private let before: termios?
    private var shown = ""

    /// Switches to the alternate screen, hides the cursor and turns echo off; Ctrl-C still ends the program.
    init() {
        var settings = termios()
        if isatty(STDIN_FILENO) == 1, tcgetattr(STDIN_FILENO, &settings) == 0 {
            before = settings
            settings.c_lflag &= ~tcflag_t(ECHO | ICANON)
            // Ctrl-Z does nothing, because a stop would leave the alternate screen to the shell.
            settings.c_cc.10 = 0  // VSUSP
            tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        } else {
            before = nil
        }
        // Alternate screen, no cursor, no wrapping.
        StandardOutput.write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l")
    }

    /// Draws the lines from the top in one update, and only if anything changed; clears the rest of the screen.
    func draw(_ lines: [ScreenLine], within size: TerminalSize) {
        // A synchronized update, which terminals without support for it ignore.
        var frame = "\u{1B}[?2026h\u{1B}[H"
        for (row, line) in lines.enumerated() {
            frame += line.rendered
            // After a full line the cursor is on its last character, which this would erase.
            if line.columns < size.columns { frame += "\u{1B}[K" }
            if row + 1 < size.rows { frame += "\r\n" }
        }
        if lines.count < size.rows { frame += "\u{1B}[J" }
        frame += "\u{1B}[?2026l"
        guard frame != shown else { return }
        shown = frame
        StandardOutput.write(frame)
    }

    /// Forces the next drawing even if nothing changed, because the terminal may show something else.
    func invalidate() {
        shown = ""
    }

    func leave() {
        StandardOutput.write("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
        guard var before else { return }
        tcsetattr(STDIN_FILENO, TCSANOW, &before)
    }
}
