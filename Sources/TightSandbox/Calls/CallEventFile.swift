import FoundationEssentials
import Glibc

/// Appends events of calls to a file as lines of JSON; each line is written when `append` returns.
///
/// A line is one write(2), so it survives the process, however it ends, and lines of several threads and processes do
/// not mix. Each line names its process, because call numbers start again with each process.
package struct CallEventFile: Sendable {
    private let path: String
    private let descriptor: CInt

    /// Opens the file or creates it (mode 0644); it stays open until the process ends.
    package init(path: String) throws(FileProblem) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        self.path = path
        guard descriptor >= 0 else { throw FileProblem(path: path, doing: "open", errno: errno) }
    }

    package func append(_ event: CallEvent) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let line = try encoder.encode(event) + [UInt8(ascii: "\n")]
        // The buffer is valid during the call, and write(2) only reads it.
        let written = line.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        // A partial line is as bad as none: the disk is full.
        guard written == line.count else {
            throw FileProblem(path: path, doing: "write", errno: written < 0 ? errno : ENOSPC)
        }
    }
}
