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

    /// Makes an empty file for the owner of another alone.
    static func makeEmpty(_ file: String, like model: String) throws(StoreProblem) {
        let made = Glibc.open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard made >= 0 else { throw problem(errno, at: file, for: file) }
        defer { close(made) }
        var status = stat()
        guard fchmod(made, 0o600) == 0, stat(model, &status) == 0 else { throw problem(errno, at: file, for: file) }
        // Anybody but root may only keep it.
        if geteuid() == 0, fchown(made, status.st_uid, status.st_gid) != 0 { throw problem(errno, at: file, for: file) }
    }

    /// Puts a complete file on the disk and in the place of another; returns its size.
    @discardableResult
    static func publish(_ file: String, as target: String) throws(StoreProblem) -> Int64 {
        let descriptor = Glibc.open(file, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw problem(errno, at: file, for: target) }
        defer { close(descriptor) }
        var status = stat()
        guard fsync(descriptor) == 0, fstat(descriptor, &status) == 0, rename(file, target) == 0 else {
            throw problem(errno, at: file, for: target)
        }
        try synchronizeDirectory(of: target)
        return Int64(status.st_size)
    }

    /// Has the names in a file's directory outlast a power cut.
    static func synchronizeDirectory(of file: String) throws(StoreProblem) {
        let directory = Glibc.open(self.directory(of: file), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw problem(errno, at: file, for: file) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw problem(errno, at: file, for: file) }
    }

    /// Up to and with the last slash; `./` for a bare name.
    static func directory(of file: String) -> String {
        file.lastIndex(of: "/").map { String(file[...$0]) } ?? "./"
    }

    /// Its size; 0 when there is none.
    static func size(of file: String) -> Int64 {
        var status = stat()
        return stat(file, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Throws when the disk that a file is to lie on has less room than this.
    static func checkRoom(for bytes: Int64, at file: String) throws(StoreProblem) {
        var status = statvfs()
        guard statvfs(directory(of: file), &status) == 0 else { return }
        guard Int64(status.f_bavail) * Int64(status.f_frsize) > bytes else { throw .full(place: file) }
    }

    /// Whether nothing of use can be written where the store lies: its smallest file beside it takes 32 KiB.
    static func isDiskFull(at path: String) -> Bool {
        var status = statvfs()
        return statvfs(path, &status) == 0 && status.f_bavail * status.f_frsize < 65_536
    }
}
