import Glibc
import RefreshCore

/// Reads a secret from stdin: a prompt without echo on a terminal, else all there is up to a line break.
enum SecretPrompt {
    /// One line, its line break taken off; nil at the end of input.
    static func read(_ prompt: String) -> [UInt8]? {
        guard isatty(STDIN_FILENO) == 1 else { return readLine() }
        StandardError.write(prompt)
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return readLine() }
        let before = settings
        settings.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
        defer {
            var before = before
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            StandardError.write("\n")
        }
        return readLine()
    }

    private static func readLine() -> [UInt8]? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count <= AccessToken.longest + 1 {
            let count = Glibc.read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return line.isEmpty ? nil : line }
            if byte == UInt8(ascii: "\n") { break }
            line.append(byte)
        }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return line
    }
}
