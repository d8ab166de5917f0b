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
