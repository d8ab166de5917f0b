import Glibc
import RefreshCore
import SQLiteStore

/// The file that a backup is written to.
enum BackupTarget {
    /// Throws when it cannot be meant: the store itself, or something else that would be lost.
    static func check(_ target: String, store: String) throws {
        try checkStore(store)
        let directory = DirectoryPath.of(target)
        guard access(directory, F_OK) == 0 else {
            throw CommandFailure(.usage, "there is no directory \(directory)")
        }
        var found = stat()
        guard lstat(target, &found) == 0 else { return }
        guard found.st_mode & S_IFMT != S_IFLNK else {
            throw CommandFailure(
                .usage, "\(target) is a link, which the backup would replace", remedy: "name the file that it leads to")
        }
        for name in [store, store + "-wal", store + "-shm", store + ".lock"] {
            var own = stat()
            guard stat(name, &own) != 0 || own.st_dev != found.st_dev || own.st_ino != found.st_ino else {
                throw CommandFailure(.usage, "\(target) is the store itself", remedy: "name another file")
            }
        }
        let isBackup = found.st_mode & S_IFMT == S_IFREG && StoreHeader(path: target)?.isBackup ?? (found.st_size == 0)
        guard isBackup else {
            throw CommandFailure(
                .usage, "\(target) is there already, and is no backup", remedy: "name another file, or remove that one")
        }
    }

    static func checkStore(_ store: String) throws {
        guard access(store, F_OK) != 0, errno == ENOENT || errno == ENOTDIR else {
            return try StoreHeader.checkLeftovers(beside: store)
        }
        throw CommandFailure(.badData, "there is no store at \(store)")
    }

    /// A new file for the owner of another alone; returns it open.
    static func make(_ file: String, like model: String) throws -> Int32 {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure(errno, at: file) }
        var status = stat()
        guard fchmod(descriptor, 0o600) == 0, stat(model, &status) == 0,
            fchown(descriptor, status.st_uid, status.st_gid) == 0
        else {
            let code = errno
            close(descriptor)
            unlink(file)
            throw failure(code, at: file)
        }
        return descriptor
    }

    /// Writes all of an open file to standard output.
    static func writeOut(_ source: Int32) throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(source, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(errno, at: "the backup") }
            if count == 0 { return }
            StandardOutput.write(Array(buffer[..<count]))
        }
    }

    static func synchronizeDirectory(of file: String) throws {
        let descriptor = open(DirectoryPath.of(file), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno, at: file) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(errno, at: file) }
    }

    static func failure(_ code: Int32, at file: String) -> CommandFailure {
        let detail = "\(file): \(String(cString: strerror(code)))"
        return switch code {
        case EACCES, EPERM, EROFS: CommandFailure(.notAllowed, detail)
        case ENOSPC, EDQUOT:
            CommandFailure(.tryLater, "the disk that holds \(file) is full", remedy: "make room; nothing is lost")
        default: CommandFailure(.tryLater, detail)
        }
    }
}
