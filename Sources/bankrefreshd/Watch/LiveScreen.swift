import Glibc

/// The terminal's other screen, drawn over and over; what was on the terminal is there again afterwards.
///
/// Source: console_codes(4) and xterm's control sequences.
final class LiveScreen {
    private let before: termios?
    private var shown = ""

    /// Takes the screen, hides the cursor and stops the echo of what is typed; Ctrl-C still ends the program.
    init() {
        var settings = termios()
        if isatty(STDIN_FILENO) == 1, tcgetattr(STDIN_FILENO, &settings) == 0 {
            before = settings
            settings.c_lflag &= ~tcflag_t(ECHO | ICANON)
            // Who is stopped here would leave the other screen to the shell: Ctrl-Z does nothing.
            settings.c_cc.10 = 0  // VSUSP
            tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        } else {
            before = nil
        }
        // The other screen, no cursor, no wrapping.
        StandardOutput.write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l")
    }

    /// Draws the lines from the top, in one piece and only if anything changed; the rest of the screen is empty.
    func draw(_ lines: [ScreenLine], within size: TerminalSize, isStyled: Bool) {
        // Begin and end of one update, for terminals that know it: others draw what they get.
        var frame = "\u{1B}[?2026h\u{1B}[H"
        for (row, line) in lines.enumerated() {
            frame += line.rendered(isStyled: isStyled)
            // At the right edge the cursor stands on the last character, which this would erase.
            if line.columns < size.columns { frame += "\u{1B}[K" }
            if row + 1 < size.rows { frame += "\r\n" }
        }
        if lines.count < size.rows { frame += "\u{1B}[J" }
        frame += "\u{1B}[?2026l"
        guard frame != shown else { return }
        shown = frame
        StandardOutput.write(frame)
    }

    /// Has the next drawing made even if nothing changed: the terminal may show something else now.
    func invalidate() {
        shown = ""
    }

    /// Gives the terminal back as it was.
    func leave() {
        StandardOutput.write("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
        guard var before else { return }
        tcsetattr(STDIN_FILENO, TCSANOW, &before)
    }
}
