import Glibc

/// A private directory next to the socket, held by one process at a time.
///
/// The socket is bound inside it, where no client can connect yet, and moved to its place with its final mode. Only the
/// holder may replace or remove the socket, so daemons that start at once take turns. A crashed holder's is taken over.
struct SocketStaging: ~Copyable {
    static let socketName = "socket"

    let handle: FileHandle
    private let directory: FileHandle
    private let name: String

    /// Nil while another process of the same user holds it, which takes milliseconds.
    init?(in directory: FileHandle, for path: SocketPath) throws(ControlSocketProblem) {
        let name = ".\(path.name).new"
        let fullPath = "\(path.directory)/\(name)"
        if mkdirat(directory.descriptor, name, 0o700) != 0, errno != EEXIST {
            switch errno {
            case EACCES, EPERM, EROFS: throw .notAllowed(path: path.directory)
            case let code: throw .system(path: fullPath, call: "mkdir", code: code)
            }
        }
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        guard let handle = FileHandle(openat(directory.descriptor, name, flags)) else {
            switch errno {
            // Its holder has just removed it.
            case ENOENT: return nil
            case ENOTDIR, ELOOP: throw .inTheWay(path: fullPath)
            case EACCES: throw .notAllowed(path: fullPath)
            case let code: throw .system(path: fullPath, call: "open", code: code)
            }
        }
        var status = stat()
        guard fstat(handle.descriptor, &status) == 0, status.st_uid == geteuid(), status.st_mode & 0o077 == 0
        else {
            throw .inTheWay(path: fullPath)
        }
        guard flock(handle.descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK || errno == EINTR { return nil }
            throw .system(path: fullPath, call: "flock", code: errno)
        }
        // Its last holder may have removed it after it was opened here.
        guard let now = directory.entry(name), FileIdentity(now) == handle.identity else { return nil }
        unlinkat(handle.descriptor, Self.socketName, 0)
        self.directory = directory
        self.name = name
        self.handle = handle
    }

    deinit {
        unlinkat(handle.descriptor, Self.socketName, 0)
        unlinkat(directory.descriptor, name, AT_REMOVEDIR)
    }
}
