import ArgumentParser
import Glibc
import RefreshConfiguration
import RefreshCore
import SQLiteStore

struct StoreBackUp: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Write a backup of the store, with or without a running daemon.",
        discussion: """
            The backup shows the store at one moment, in one file that only the store's owner can read. The command \
            checks it and gives it its name once it is complete and on the disk. It does not overwrite an existing \
            file; with --replace it replaces an older backup of the same store. The daemon continues to make calls. \
            With - the backup goes to standard output, and messages go to standard error.

            Its tokens are encrypted, as in the store. With the key it is as sensitive as the tokens, so keep the key \
            elsewhere.

              bankrefreshd store backup /var/backups/bankrefreshd/store.sqlite
              bankrefreshd store backup --replace /var/backups/bankrefreshd/store.sqlite
              bankrefreshd store backup - | ssh backup@host 'cat > store.sqlite'
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "Replace an older backup of the same store.")
    var replace = false

    @Argument(help: ArgumentHelp("The file to write, or - for standard output.", valueName: "file"))
    var target: String

    func run() async throws {
        let store = try common.file.load().store
        try store.checkIsFile(
            for: "store backup", remedy: "back up the database with pg_dump, or the server: docs/postgresql.md")
        let path = store.sqlitePath
        if target == "-" { return try await writeToOutput(path) }
        try BackupTarget.check(target, store: path, replacing: replace)
        // Root takes on the rights of the store's owner, who may not write everywhere that root may.
        if geteuid() == 0, let owner = store.owner, owner != 0 { return try runAsOwner(of: path) }
        UnfinishedFile.removeAtSignal(PartialFile.files(for: target))
        let backups = StoreBackups(of: path, version: Version.text)
        let summary = BackupSummary(try await backups.backUp(to: target, at: Calendar.now))
        StandardOutput.write(try common.line(summary, summary.text()))
    }

    /// Backs up to a file beside the store, and removes its name before the first byte goes to standard output.
    private func writeToOutput(_ path: String) async throws {
        guard !StandardOutput.isTerminal else {
            throw CommandFailure(.usage, "standard output is a terminal", remedy: "name a file, or a program after |")
        }
        try StoreOwner.assume(for: path)
        try BackupTarget.checkStore(path)
        let staged = PartialFile.name(for: StoreBackups.staged(of: path))
        UnfinishedFile.removeAtSignal([staged] + PartialFile.files(for: staged))
        let backup = try await StoreBackups(of: path, version: Version.text).backUp(to: staged, at: Calendar.now)
        let descriptor = open(staged, O_RDONLY | O_CLOEXEC)
        unlink(staged)
        guard descriptor >= 0 else { throw CommandFailure(.software, "\(staged) is gone") }
        defer { close(descriptor) }
        try BackupTarget.writeOut(descriptor)
        var summary = BackupSummary(backup)
        summary.path = nil
        StandardError.write(try common.line(summary, summary.text()))
    }

    /// A process of the store's owner writes the backup to a file that root opens and then names.
    private func runAsOwner(of path: String) throws {
        PartialFile.removeAbandoned(of: target)
        let partial = PartialFile.name(for: target)
        UnfinishedFile.removeAtSignal([partial])
        let descriptor = try StoreBackups.writing(target) { try StoreFile.make(partial, for: target, like: path) }
        var isComplete = false
        defer {
            close(descriptor)
            if !isComplete { unlink(partial) }
        }
        var summary: BackupSummary = try ChildProgram.ourselves(["store", "backup", "-"], common, into: descriptor)
        _ = try StoreBackups.publish(partial, as: target)
        isComplete = true
        summary.path = target
        StandardOutput.write(try common.line(summary, summary.text()))
    }
}

struct BackupSummary: Codable {
    /// Nil for standard output.
    var path: String?
    let takenAt: String
    let users: Int
    let bytes: Int64

    init(_ backup: StoreBackup) {
        path = backup.path
        takenAt = backup.mark.takenAt.description
        users = backup.mark.users
        bytes = backup.bytes
    }

    func text() -> String {
        "backed up \(users.counted("user")) as of \(takenAt)" + (path.map { ": \($0)" } ?? "") + "\n"
    }
}

/// Checks the file to which a backup is written.
enum BackupTarget {
    /// Throws if the target is the store itself, or another existing file that would be lost.
    ///
    /// An older backup may be replaced if `replacing` is true.
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
            if let own = stat(of: name), own.isSame(as: found) {
                throw CommandFailure(.usage, "\(target) is the store itself", remedy: "name another file")
            }
        }
        guard found.isRegular, StoreHeader(path: target)?.isBackup == true else {
            throw CommandFailure(
                .usage, "\(target) already exists and is not a backup", remedy: "name another file, or remove that one")
        }
        guard replacing else {
            throw CommandFailure(
                .usage, "\(target) already exists", remedy: "name another file; to replace that backup: --replace")
        }
    }

    static func checkStore(_ store: String) throws {
        guard access(store, F_OK) != 0, errno == ENOENT || errno == ENOTDIR else {
            try StoreHeader.checkLeftovers(beside: store)
            return
        }
        throw CommandFailure(.badData, "there is no store at \(store)")
    }

    /// Writes the rest of an open file to standard output.
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
