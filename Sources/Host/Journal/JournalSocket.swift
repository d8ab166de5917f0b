import CSystemd
import Glibc

/// The journal of this machine, by its native protocol.
///
/// Plain entries go through a socket that stays connected; libsystemd sends all others, and those that the socket does
/// not accept. Blocks while journald stalls, and reports success if there is no journal: see `JournalStream`.
package struct JournalSocket: JournalSink {
    package static let path = "/run/systemd/journal/socket"

    private let connection: JournalConnection
    private let library: @Sendable (JournalEntry) -> Bool

    package init() {
        self.init(path: Self.path) { entry in
            entry.withVectors { sd_journal_sendv($0.baseAddress, Int32($0.count)) == 0 }
        }
    }

    /// Takes another socket and another fallback, for tests.
    init(path: String, library: @escaping @Sendable (JournalEntry) -> Bool) {
        connection = JournalConnection(path: path)
        self.library = library
    }

    package func write(_ entry: JournalEntry) -> Bool {
        entry.isPlain && connection.send(entry.bytes) || library(entry)
    }
}

extension JournalEntry {
    /// Lends the fields in the form of sd_journal_sendv(3); the vectors and their memory are valid during the call.
    func withVectors<Result>(_ body: (UnsafeBufferPointer<iovec>) throws -> Result) rethrows -> Result {
        let fields = fields
        return try bytes.withUnsafeBytes { bytes in
            try withUnsafeTemporaryAllocation(of: iovec.self, capacity: fields.count) { vectors in
                for (index, range) in fields.enumerated() {
                    let field = UnsafeRawBufferPointer(rebasing: bytes[range])
                    // The pointer is mutable only because readv uses the same type; nothing is written through it.
                    let vector = iovec(
                        iov_base: UnsafeMutableRawPointer(mutating: field.baseAddress),
                        iov_len: field.count
                    )
                    vectors.initializeElement(at: index, to: vector)
                }
                return try body(UnsafeBufferPointer(vectors))
            }
        }
    }
}

/// Where entries go.
package enum JournalStream: Equatable, Sendable {
    case journal
    case standardError(StandardErrorSink.Form)

    package var sink: any JournalSink {
        switch self {
        case .journal: JournalSocket()
        case .standardError(let form): StandardErrorSink(form: form)
        }
    }
}
