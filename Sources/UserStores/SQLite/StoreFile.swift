import Glibc
import RefreshCore

/// The store's file as the system sees it: made for its owner alone, and found fit to be written.
enum StoreFile {
    /// Makes the file if there is none; returns whether it is empty.
    static func prepare(path: String) throws(StoreProblem) -> Bool {
        let (descriptor, size) = try open(path, for: path)
        close(descriptor)
        return size == 0
    }

    /// Opens or makes a file that only its owner may read, whatever the umask says.
    static func open(_ file: String, for path: String) throws(StoreProblem) -> (
        descriptor: Int32, size: Int64
    ) {
        let made = Glibc.open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if made >= 0 {
            guard fchmod(made, 0o600) == 0 else {
                let code = errno
                close(made)
                throw problem(code, at: file, for: path)
            }
            return (made, 0)
        }
        guard errno == EEXIST else { throw problem(errno, at: file, for: path) }
        let found = Glibc.open(file, O_RDWR | O_CLOEXEC)
        guard found >= 0 else { throw problem(errno, at: file, for: path) }
        var status = stat()
        guard fstat(found, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(found)
            throw .notAStore(place: path, detail: "\(file) is not a regular file")
        }
        return (found, Int64(status.st_size))
    }

    /// What an error number of open(2) means for the store at `path`.
    static func problem(_ code: Int32, at file: String, for path: String) -> StoreProblem {
        let detail = "\(file): \(String(cString: strerror(code)))"
        return switch code {
        case EACCES, EPERM, EROFS: .notAllowed(place: path, detail: detail)
        case ENOSPC, EDQUOT: .full(place: path)
        case EISDIR: .notAStore(place: path, detail: "\(file) is a directory")
        default: .unreachable(place: path, detail: detail)
        }
    }

    /// Whether nothing of use can be written where the store lies: its smallest file beside it takes 32 KiB.
    static func isDiskFull(at path: String) -> Bool {
        var status = statvfs()
        return statvfs(path, &status) == 0 && status.f_bavail * status.f_frsize < 65_536
    }
}
