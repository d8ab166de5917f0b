import Glibc

/// An open file or directory that is closed with its last reference.
final class FileHandle: Sendable {
    /// `O_PATH` of open(2), which the C library's headers do not export here.
    static let nameOnly: CInt = 0o10_000_000

    let descriptor: CInt

    /// Takes ownership of an open descriptor; nil if the system refused to open it.
    init?(_ descriptor: CInt) {
        guard descriptor >= 0 else { return nil }
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// A short path of the open file, whatever its own path is; it fits wherever a socket's path is needed.
    var procPath: String { "/proc/self/fd/\(descriptor)" }

    var identity: FileIdentity? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? FileIdentity(status) : nil
    }

    /// The named entry of this directory, without following a symbolic link; nil if there is none.
    func entry(_ name: String) -> stat? {
        var status = stat()
        return fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status : nil
    }
}

/// What identifies a file.
struct FileIdentity: Equatable, Sendable {
    let device: UInt64
    let inode: UInt64

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }
}
