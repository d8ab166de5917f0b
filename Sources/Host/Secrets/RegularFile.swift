import Glibc
import RefreshCore

/// An open regular file: the file that is checked is the file that is read, whatever happens to its name.
struct RegularFile: ~Copyable {
    enum Problem: Error, Equatable {
        case missing
        case notAllowed
        case notRegular
        case tooLarge
        case failed(errno: Int32)
    }

    let status: stat
    private let descriptor: Int32

    init(path: String) throws(Problem) {
        // Without O_NONBLOCK, opening a pipe without a writer would wait forever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw Self.problem(errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw Self.problem(code)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .notRegular
        }
        self.status = status
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    func secret(limit: Int) throws(Problem) -> Secret {
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        defer { bytes.wipe() }
        var count = 0
        while count <= limit {
            let got = bytes.withUnsafeMutableBytes { buffer in
                // Within the buffer, as count <= limit.
                pread(descriptor, buffer.baseAddress.map { $0 + count }, limit + 1 - count, count)
            }
            if got == 0 { break }
            if got < 0 {
                if errno == EINTR { continue }
                throw .failed(errno: errno)
            }
            count += got
        }
        guard count <= limit else { throw .tooLarge }
        return Secret(bytes[..<count])
    }

    private static func problem(_ code: Int32) -> Problem {
        switch code {
        case ENOENT, ENOTDIR: .missing
        case EACCES, EPERM: .notAllowed
        default: .failed(errno: code)
        }
    }
}

/// The system's text for an error number.
func systemText(_ code: Int32) -> String {
    String(cString: strerror(code))
}
