import Glibc

/// Writes to stderr as it is: unbuffered, so that what is said before an exit is seen.
enum StandardError {
    static func write(_ text: String) {
        FileDescriptor.write(text, to: STDERR_FILENO)
    }

    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// The width of the terminal that stderr is; 80 where it does not tell.
    static var columns: Int { TerminalSize.of(STDERR_FILENO)?.columns ?? 80 }
}

/// Writes to stdout; a reader that went away ends the program quietly, as with any filter.
enum StandardOutput {
    static func write(_ text: String) {
        FileDescriptor.write(text, to: STDOUT_FILENO)
    }

    static func write(_ bytes: [UInt8]) {
        FileDescriptor.write(bytes, to: STDOUT_FILENO)
    }

    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
}

private enum FileDescriptor {
    static func write(_ text: String, to descriptor: Int32) {
        write(Array(text.utf8), to: descriptor)
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if errno != EINTR {
                return
            }
        }
    }
}
