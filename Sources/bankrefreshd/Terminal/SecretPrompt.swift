import ArgumentParser
import Glibc

/// Reads a secret from stdin: with a prompt and without echo on a terminal, otherwise all of stdin.
enum SecretPrompt {
    /// More bytes than any secret has; further input is not read.
    private static let most = 1 << 20

    /// The secret without its final line break; nil if there is no input.
    static func read(_ prompt: String) throws -> [UInt8]? {
        guard isatty(STDIN_FILENO) == 1 else { return try readAll() }
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return try readAll() }
        let before = settings
        // Byte by byte, because a terminal silently cuts its lines at 4,095 bytes. Without signals, because an end by
        // Ctrl-C would leave the terminal without echo.
        settings.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        settings.c_cc.6 = 1  // VMIN
        settings.c_cc.5 = 0  // VTIME
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
        // The prompt comes last: input that follows it must not be echoed.
        StandardError.write(prompt)
        defer {
            var before = before
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            StandardError.write("\n")
        }
        return try readLine()
    }

    private static func readAll() throws -> [UInt8]? {
        let source = try ByteSource(path: "-")
        var bytes: [UInt8] = []
        // Growing would leave copies of a token behind.
        bytes.reserveCapacity(most + ByteSource.chunk)
        while bytes.count < most, let chunk = try source.next() { bytes += chunk }
        guard !bytes.isEmpty else { return nil }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        return bytes
    }

    private static func readLine() throws -> [UInt8]? {
        var line: [UInt8] = []
        line.reserveCapacity(most)
        var byte: UInt8 = 0
        while line.count < most {
            let count = Glibc.read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return line.isEmpty ? nil : line }
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): return line
            case 0x03, 0x1C: throw ExitCode(130)  // Ctrl-C, Ctrl-\: as a shell reports it
            case 0x04: return line.isEmpty ? nil : line  // Ctrl-D
            case 0x08, 0x7F: _ = line.popLast()
            case 0x15: line.removeAll(keepingCapacity: true)  // Ctrl-U
            default: line.append(byte)
            }
        }
        return line
    }
}
