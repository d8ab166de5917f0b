import Glibc
import RefreshCore
import Synchronization

/// Writes everything to stdout, or ends the program.
///
/// A reader that went away ends the program silently by SIGPIPE, as with any filter. Any other failure to write is
/// reported on stderr and ends the program at once: half an answer must not pass for a whole one.
enum StandardOutput {
    private static let hasWritten = Atomic(false)

    static func write(_ text: String) {
        write(Array(text.utf8))
    }

    static func write(_ bytes: [UInt8]) {
        hasWritten.store(true, ordering: .relaxed)
        if let code = DescriptorOutput.write(bytes, to: STDOUT_FILENO) { fail(code) }
    }

    /// Writes a secret in clear text, without a copy.
    static func write(_ secret: Secret) {
        hasWritten.store(true, ordering: .relaxed)
        if let code = secret.withBytes({ DescriptorOutput.write($0, to: STDOUT_FILENO) }) { fail(code) }
    }

    /// Closes stdout at the end of the program: some file systems report only then that data could not be stored.
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

/// Writes to stderr without a buffer, so that messages before an exit are not lost.
///
/// If stderr cannot be written, there is nowhere to report it, and the message is lost.
enum StandardError {
    static func write(_ text: String) {
        _ = DescriptorOutput.write(Array(text.utf8), to: STDERR_FILENO)
    }

    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// The width of the terminal on stderr; 80 if it is unknown.
    static var columns: Int { TerminalSize.of(STDERR_FILENO)?.columns ?? 80 }
}

/// Writes complete texts to a blocking or non-blocking descriptor.
enum DescriptorOutput {
    /// Writes everything; returns nil, or the errno(3) of a failure.
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        bytes.withUnsafeBufferPointer { write($0, to: descriptor) }
    }

    static func write(_ bytes: UnsafeBufferPointer<UInt8>, to descriptor: Int32) -> Int32? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeBufferPointer(rebasing: rest)
            let written = Glibc.write(descriptor, part.baseAddress, part.count)
            if written > 0 {
                rest = rest.dropFirst(written)
                continue
            }
            switch written < 0 ? errno : EIO {
            case EINTR: break
            // Another process that shares the descriptor made it non-blocking: wait until the reader has taken some.
            case EAGAIN:
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&wait, 1, -1) >= 0 || errno == EINTR else { return errno }
            case let code: return code
            }
        }
        return nil
    }
}

/// A file or standard input, in chunks.
final class ByteSource {
    static let chunk = 262_144

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
        // A pipe cannot seek, so its size is unknown. Whoever opened standard input may have read some of it.
        let start = lseek(descriptor, 0, SEEK_CUR)
        let end = lseek(descriptor, 0, SEEK_END)
        size = max(0, end - max(0, start))
        if end > 0 { lseek(descriptor, max(0, start), SEEK_SET) }
    }

    deinit {
        if descriptor != STDIN_FILENO { close(descriptor) }
    }

    /// The share of the whole that has been read, 0 to 1; nil if the size is unknown.
    var share: Double? { size > 0 ? min(1, Double(taken) / Double(size)) : nil }

    /// What a file holds, or the beginning of it with at least `count` bytes.
    static func bytes(of path: String, atLeast count: Int = .max) throws -> [UInt8] {
        let source = try ByteSource(path: path)
        var bytes: [UInt8] = []
        while bytes.count < count, let chunk = try source.next() { bytes += chunk }
        return bytes
    }

    /// Nil at the end.
    func next() throws -> [UInt8]? {
        while true {
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: Self.chunk) { buffer, initialized in
                // The buffer is valid during the call and holds a chunk.
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
