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

/// Writes to stderr as it is: unbuffered, so that what is said before an exit is seen.
///
/// What cannot be written there can be told nowhere, so it is lost.
enum StandardError {
    static func write(_ text: String) {
        _ = DescriptorOutput.write(Array(text.utf8), to: STDERR_FILENO)
    }

    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// The width of the terminal that stderr is; 80 where it does not tell.
    static var columns: Int { TerminalSize.of(STDERR_FILENO)?.columns ?? 80 }
}

/// Writes whole texts to a descriptor, blocking or not.
enum DescriptorOutput {
    /// Returns when everything is written, or the error that keeps it from being so: an errno(3).
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        bytes.withUnsafeBufferPointer { write($0, to: descriptor) }
    }

    /// As above.
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
            // Whoever shares the descriptor made it non-blocking: it takes more once its reader took some.
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
