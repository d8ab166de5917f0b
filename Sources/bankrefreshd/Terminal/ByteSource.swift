import Glibc

/// A file or standard input, in chunks.
final class ByteSource {
    private static let chunk = 262_144

    let name: String
    private let descriptor: Int32
    private let size: Int
    private var taken = 0

    /// `-` is standard input.
    init(path: String) throws {
        name = path == "-" ? "standard input" : path
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let detail = String(cString: strerror(errno))
            throw CommandFailure(errno == EACCES ? .notAllowed : .badData, "\(path) cannot be read: \(detail)")
        }
        // A pipe cannot be sought in: its size is not known.
        let end = lseek(descriptor, 0, SEEK_END)
        size = max(0, end)
        if end > 0 { lseek(descriptor, 0, SEEK_SET) }
    }

    deinit {
        if descriptor != STDIN_FILENO { close(descriptor) }
    }

    /// How much of the whole has been read, 0 to 1; nil when the whole is not known.
    var share: Double? { size > 0 ? min(1, Double(taken) / Double(size)) : nil }

    /// Nil at the end.
    func next() throws -> [UInt8]? {
        while true {
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: Self.chunk) { buffer, initialized in
                // The buffer is ours for the call, and holds a chunk.
                count = read(descriptor, buffer.baseAddress, Self.chunk)
                initialized = max(0, count)
            }
            if count == 0 { return nil }
            if count > 0 {
                taken += count
                return bytes
            }
            guard errno == EINTR else {
                throw CommandFailure(.badData, "\(name) cannot be read: \(String(cString: strerror(errno)))")
            }
        }
    }
}
