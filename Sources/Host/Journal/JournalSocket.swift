import CSystemd
import Glibc

/// The journal of this machine, by its native protocol.
///
/// Blocks while journald stalls, and takes the absence of a journal for success: see `JournalStream`.
/// Source: sd_journal_sendv(3).
package struct JournalSocket: JournalSink {
    package init() {}

    package func write(_ entry: JournalEntry) -> Bool {
        entry.withVectors { vectors in
            sd_journal_sendv(vectors.baseAddress, Int32(vectors.count)) == 0
        }
    }
}

extension JournalEntry {
    /// Lends the fields as sd_journal_sendv takes them; the vectors and what they point to live for the call.
    func withVectors<Result>(_ body: (UnsafeBufferPointer<iovec>) throws -> Result) rethrows -> Result {
        try bytes.withUnsafeBytes { bytes in
            try withUnsafeTemporaryAllocation(of: iovec.self, capacity: ends.count) { vectors in
                var start = 0
                for (index, end) in ends.enumerated() {
                    let field = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                    // The pointer is mutable for readv's sake: nobody writes through it.
                    let vector = iovec(
                        iov_base: UnsafeMutableRawPointer(mutating: field.baseAddress),
                        iov_len: field.count
                    )
                    vectors.initializeElement(at: index, to: vector)
                    start = end
                }
                return try body(UnsafeBufferPointer(vectors))
            }
        }
    }
}

/// Where entries go: to the journal if it is what stderr is connected to, else as text to stderr.
///
/// `$JOURNAL_STREAM` alone proves nothing: it is inherited by programs whose stderr is a terminal or a file.
/// Source: systemd.exec(5), `$JOURNAL_STREAM`.
package enum JournalStream: Equatable, Sendable {
    case journal
    case standardError(StandardErrorSink.Form)

    /// Decides for this process.
    package static func ofThisProcess(
        environment: (String) -> String? = ProcessEnvironment.value,
        descriptor: Int32 = STDERR_FILENO,
        journalSocket: String = "/run/systemd/journal/socket"
    ) -> JournalStream {
        var status = stat()
        guard fstat(descriptor, &status) == 0,
            environment("JOURNAL_STREAM") == "\(status.st_dev):\(status.st_ino)"
        else { return .standardError(.dated) }
        // Where the socket is out of reach (a root directory of its own), the stream still leads to the journal, which
        // reads the priority off each line; sd_journal_sendv would lose everything and report success.
        return access(journalSocket, W_OK) == 0 ? .journal : .standardError(.prefixed)
    }

    package var sink: any JournalSink {
        switch self {
        case .journal: JournalSocket()
        case .standardError(let form): StandardErrorSink(form: form)
        }
    }
}
