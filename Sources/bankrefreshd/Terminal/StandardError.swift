import Glibc

/// Writes to stderr as it is: unbuffered, so that what is said before an exit is seen.
///
/// What cannot be written there can be told nowhere, so it is lost.
enum StandardError {
    static func write(_ text: String) {
        _ = DescriptorOutput.write(Array(text.utf8), to: STDERR_FILENO)
    }

    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// The width of the terminal that stderr is; 80 where it does not tell.
    static var columns: Int { TerminalSize.of(STDERR_FILENO)?.columns ?? 80 }
}
