import Glibc
import RefreshCore
import SQLiteStore

/// The file that a backup is written to.
enum BackupTarget {
    /// Throws when it cannot be meant: the store itself, or something else that would be lost.
    ///
    /// An older backup may be replaced where `replacing` says so.
    static func check(_ target: String, store: String, replacing: Bool) throws {
        guard !target.isEmpty else { throw CommandFailure(.usage, "the file's name is empty", remedy: "name a file") }
        try checkStore(store)
        let directory = DirectoryPath.of(target)
        guard access(directory, F_OK) == 0 else {
            throw BackupProblem.notWritten(file: target, .noDirectory)
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
        guard found.st_mode & S_IFMT == S_IFREG, StoreHeader(path: target)?.isBackup == true else {
            throw CommandFailure(
                .usage, "\(target) is there already, and is no backup", remedy: "name another file, or remove that one")
        }
        guard replacing else {
            throw CommandFailure(
                .usage, "\(target) is there already", remedy: "name another file; to replace that backup: --replace")
        }
    }

    static func checkStore(_ store: String) throws {
        guard access(store, F_OK) != 0, errno == ENOENT || errno == ENOTDIR else {
            try StoreHeader.checkLeftovers(beside: store)
            return
        }
        throw CommandFailure(.badData, "there is no store at \(store)")
    }

    /// Writes all of an open file to standard output.
    static func writeOut(_ source: Int32) throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(source, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw CommandFailure(errno: errno, at: "the backup") }
            if count == 0 { return }
            StandardOutput.write(Array(buffer[..<count]))
        }
    }
}
