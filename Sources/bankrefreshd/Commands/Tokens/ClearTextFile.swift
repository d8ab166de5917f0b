import Glibc
import RefreshCore
import SQLiteStore

/// A new file that only its owner may read, for content that no other user may read.
///
/// It gets its name when it is complete. Until then it has none if the file system supports that, so that nothing of it
/// remains however this process ends.
final class ClearTextFile {
    /// `O_TMPFILE` of open(2), which Swift does not import.
    private static let unnamed = 0o20_000_000 | O_DIRECTORY

    let descriptor: Int32
    private let path: String
    /// Its temporary name, if the file system requires one.
    private var partial: String?

    init(_ path: String) throws {
        self.path = path
        let directory = DirectoryPath.of(path)
        try Self.check(directory)
        var found = stat()
        guard lstat(path, &found) != 0 else {
            throw CommandFailure(.usage, "\(path) already exists", remedy: "name another file, or remove that one")
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

    /// Refuses a directory in which other users could replace the file.
    private static func check(_ directory: String) throws {
        guard let status = stat(of: directory), status.isDirectory else {
            throw CommandFailure(.usage, "there is no directory \(directory)")
        }
        guard status.st_mode & (S_IWGRP | S_IWOTH) == 0 || status.st_mode & S_ISVTX != 0 else {
            throw CommandFailure(
                .usage, "others may change what is in \(directory)",
                remedy: "name a file in a directory of your own: install -d -m 0700 DIRECTORY")
        }
    }

    /// Runs this program to write the file, keeps the file, and returns the summary that the program printed.
    ///
    /// Throws the failure of the command.
    func fill<Summary: Decodable>(
        by command: [String], _ common: CommonOptions, endingWith statuses: Set<Int32> = [0]
    ) throws -> Summary {
        let summary: Summary
        do {
            summary = try ChildProgram.ourselves(command, common, into: descriptor, endingWith: statuses)
        } catch let failure as CommandFailure where failure.exit == .outputFailed {
            throw CommandFailure(
                .outputFailed, failure.message.replacing("standard output", with: path),
                remedy: "nothing was written; make room, or name another file")
        }
        try keep()
        return summary
    }

    /// Writes the file to disk and gives it its name; throws if a file of that name has appeared meanwhile.
    private func keep() throws {
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

/// Checks whether tokens may be written to standard output.
enum ClearTextOutput {
    private static let remedy = "name the file, or a program after |"

    /// Throws unless it is a pipe, or a file that only the caller may read.
    static func check(_ descriptor: Int32 = STDOUT_FILENO) throws {
        guard isatty(descriptor) == 0 else {
            throw CommandFailure(.usage, "the tokens would be shown on the terminal", remedy: remedy)
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw CommandFailure(.outputFailed, "standard output is closed", remedy: remedy)
        }
        let isOpenToOthers = status.st_mode & 0o077 != 0
        switch status.st_mode & S_IFMT {
        case S_IFIFO where !isOpenToOthers: return
        case S_IFREG where !isOpenToOthers && status.st_uid == geteuid(): return
        case S_IFIFO, S_IFREG:
            throw CommandFailure(.usage, "standard output is a file that others may read", remedy: remedy)
        // A socket pair is as good as a pipe; a named socket has a listener, such as the journal.
        case S_IFSOCK where isPair(descriptor): return
        default:
            throw CommandFailure(.usage, "standard output is neither a pipe nor a file", remedy: remedy)
        }
    }

    private static func isPair(_ descriptor: Int32) -> Bool {
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) }
        }
        return code == 0 && address.sun_family == sa_family_t(AF_UNIX)
            && Int(length) == MemoryLayout<sa_family_t>.size
    }
}
