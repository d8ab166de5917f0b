import Glibc

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
