import Glibc
import SQLiteStore

/// A new file that only its owner may read, for what must be read by nobody else.
///
/// It gets its name once it is whole. Until then it has none, where the file system can do that: nothing is left of it
/// then, however this process ends.
final class ClearTextFile {
    /// `O_TMPFILE` of open(2), which Swift does not import.
    private static let unnamed = 0o20_000_000 | O_DIRECTORY

    let descriptor: Int32
    private let path: String
    /// Its name until it is whole, where it needs one.
    private var partial: String?

    init(_ path: String) throws {
        self.path = path
        let directory = DirectoryPath.of(path)
        try Self.check(directory)
        var found = stat()
        guard lstat(path, &found) != 0 else {
            throw CommandFailure(.usage, "\(path) is there already", remedy: "name another file, or remove that one")
        }
        var descriptor = open(directory, O_WRONLY | Self.unnamed | O_CLOEXEC, 0o600)
        if descriptor < 0, [EOPNOTSUPP, EISDIR, EINVAL].contains(errno) {
            PartialFile.removeAbandoned(of: path)
            let name = PartialFile.name(for: path)
            UnfinishedFile.removeAtSignal([name])
            descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
            if descriptor >= 0 { partial = name }
        }
        self.descriptor = descriptor
        // The mode must not depend on the umask.
        guard descriptor >= 0, fchmod(descriptor, 0o600) == 0 else { throw CommandFailure(errno: errno, at: path) }
    }

    /// Whoever may write to the directory may put another file in the place of this one.
    private static func check(_ directory: String) throws {
        var status = stat()
        guard stat(directory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw CommandFailure(.usage, "there is no directory \(directory)")
        }
        guard status.st_mode & (S_IWGRP | S_IWOTH) == 0 || status.st_mode & S_ISVTX != 0 else {
            throw CommandFailure(
                .usage, "others may change what is in \(directory)",
                remedy: "name a file in a directory of your own: install -d -m 0700 DIRECTORY")
        }
    }

    /// On the disk, and under its name; throws when there is another of that name by now.
    func keep() throws {
        let written = partial ?? "/proc/self/fd/\(descriptor)"
        guard fsync(descriptor) == 0, linkat(AT_FDCWD, written, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 else {
            throw CommandFailure(errno: errno, at: path)
        }
        do { try StoreFile.synchronizeDirectory(of: path) } catch { throw CommandFailure(errno: errno, at: path) }
    }

    deinit {
        if let partial { unlink(partial) }
        if descriptor >= 0 { close(descriptor) }
    }
}
