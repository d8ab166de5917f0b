import Glibc

/// An open file or directory that is closed when nobody holds it any more.
final class FileHandle: Sendable {
    /// `O_PATH` of open(2), for which the C library's headers give no name here.
    static let nameOnly: CInt = 0o10_000_000

    let descriptor: CInt

    /// Takes over an open descriptor; nil for one that the system refused to open.
    init?(_ descriptor: CInt) {
        guard descriptor >= 0 else { return nil }
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// A short name for the open file, whatever its own path is: fits everywhere a socket's path is asked for.
    var procPath: String { "/proc/self/fd/\(descriptor)" }

    var identity: FileIdentity? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? FileIdentity(status) : nil
    }

    /// The named entry of this directory as it stands, a symbolic link not followed; nil when there is none.
    func entry(_ name: String) -> stat? {
        var status = stat()
        return fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status : nil
    }
}

/// What makes a file the same file.
struct FileIdentity: Equatable, Sendable {
    let device: UInt64
    let inode: UInt64

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }
}
