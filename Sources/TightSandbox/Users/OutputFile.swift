import Glibc

enum OutputFile {
    /// Replaces the content of `path` by these pieces; the file has exactly the permissions of `mode`.
    static func write(
        _ pieces: some Sequence<[UInt8]>, to path: String, mode: mode_t
    ) throws(FileProblem) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw FileProblem(path: path, doing: "open", errno: errno) }
        defer { close(descriptor) }
        // An existing file keeps its mode: permissions are removed before any content is written.
        guard fchmod(descriptor, mode) == 0 else {
            throw FileProblem(path: path, doing: "protect", errno: errno)
        }
        for piece in pieces {
            var rest = piece[...]
            while !rest.isEmpty {
                // The buffer is valid during the call, and write(2) only reads it.
                let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                guard count >= 0 || errno == EINTR else {
                    throw FileProblem(path: path, doing: "write", errno: errno)
                }
                rest = rest.dropFirst(max(0, count))
            }
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
