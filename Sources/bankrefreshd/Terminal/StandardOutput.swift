import Glibc
import RefreshCore
import Synchronization

/// Writes to stdout: all of it, or the program ends.
///
/// A reader that went away ends the program quietly, by SIGPIPE, as with any filter. Anything else that keeps output
/// from being written is told on stderr and ends the program at once: half of an answer must not pass for a whole one.
enum StandardOutput {
    private static let hasWritten = Atomic(false)

    static func write(_ text: String) {
        write(Array(text.utf8))
    }

    static func write(_ bytes: [UInt8]) {
        hasWritten.store(true, ordering: .relaxed)
        if let code = DescriptorOutput.write(bytes, to: STDOUT_FILENO) { fail(code) }
    }

    /// In the clear, and with no copy on the way.
    static func write(_ secret: Secret) {
        hasWritten.store(true, ordering: .relaxed)
        if let code = secret.withBytes({ DescriptorOutput.write($0, to: STDOUT_FILENO) }) { fail(code) }
    }

    /// At the end of the program: some file systems tell only now that they could not keep what they took.
    ///
    /// Source: close(2), on NFS and quotas.
    static func finish() {
        guard hasWritten.load(ordering: .relaxed), close(STDOUT_FILENO) != 0, errno != EINTR else { return }
        fail(errno)
    }

    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    private static func fail(_ code: Int32) -> Never {
        CommandFailure(
            .outputFailed, "standard output cannot be written: \(String(cString: strerror(code)))",
            remedy: "the output is incomplete; the change that the command makes may be done"
        ).print()
        exit(SystemExit.outputFailed.rawValue)
    }
}
