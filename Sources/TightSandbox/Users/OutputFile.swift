import Glibc

/// A file being written from its beginning, with exactly the permissions of its mode.
struct OutputFile: ~Copyable {
    private let path: String
    private let descriptor: CInt

    /// Replaces the content of `path` by what `body` appends.
    static func write(
        to path: String,
        mode: mode_t,
        _ body: (borrowing OutputFile) throws(FileProblem) -> Void
    ) throws(FileProblem) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw FileProblem(path: path, doing: "open", errno: errno) }
        let file = OutputFile(path: path, descriptor: descriptor)
        // An existing file keeps its mode: permissions are removed before any content is written.
        guard fchmod(descriptor, mode) == 0 else {
            throw FileProblem(path: path, doing: "protect", errno: errno)
        }
        try body(file)
    }

    private init(path: String, descriptor: CInt) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    func append(_ bytes: [UInt8]) throws(FileProblem) {
        var written = 0
        while written < bytes.count {
            // The buffer is valid during the call, and write(2) only reads it.
            let count = bytes[written...].withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            guard count >= 0 || errno == EINTR else {
                throw FileProblem(path: path, doing: "write", errno: errno)
            }
            written += max(0, count)
        }
    }
}

/// Why a file could not be written.
package struct FileProblem: Error, CustomStringConvertible {
    let path: String
    let doing: String
    let errno: CInt

    package var description: String { "cannot \(doing) \(path): \(String(cString: strerror(errno)))" }
}
