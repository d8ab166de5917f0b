import ArgumentParser
import FoundationEssentials
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
        let path = store.sqlitePath
        if target == "-" { return try await writeToOutput(path) }
        try BackupTarget.check(target, store: path, replacing: replace)
        // Root leaves the store's directory to its owner, and that one may not write where root may.
        if geteuid() == 0, let owner = store.owner, owner != 0 { return try runAsOwner(of: path) }
        UnfinishedFile.removeAtSignal(PartialFile.files(for: target))
        let backups = StoreBackups(of: path, version: Version.text)
        report(BackupSummary(try await backups.backUp(to: target, at: Calendar.now)))
    }

    private func report(_ summary: BackupSummary) {
        StandardOutput.write(text(of: summary))
    }

    private func text(of summary: BackupSummary) -> String {
        // It is made of texts and numbers alone.
        common.json ? (try? JSONText.line(of: summary)) ?? "" : summary.text()
    }

    /// By way of a file beside the store, whose name is gone before the first byte is written.
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
        StandardError.write(text(of: summary))
    }

    /// A process of the store's owner makes the backup; root gives it the file to write to, and then the file its name.
    private func runAsOwner(of path: String) throws {
        PartialFile.removeAbandoned(of: target)
        let partial = PartialFile.name(for: target)
        UnfinishedFile.removeAtSignal([partial])
        let descriptor = try made(partial, like: path)
        var isComplete = false
        defer {
            close(descriptor)
            if !isComplete { unlink(partial) }
        }
        let answer = try ChildProgram.ourselves(
            ["store", "backup", "-", "--json", "--config", common.file.path], into: descriptor)
        guard answer.status == 0, var summary = try? JSONDecoder().decode(BackupSummary.self, from: Data(answer.output))
        else {
            if let failure = CommandFailure(json: answer.output) { throw failure }
            StandardError.write(String(decoding: answer.output, as: UTF8.self))
            throw ExitCode(answer.status == 0 ? SystemExit.software.rawValue : answer.status)
        }
        _ = try StoreBackups.publish(partial, as: target)
        isComplete = true
        summary.path = target
        report(summary)
    }

    private func made(_ partial: String, like path: String) throws -> Int32 {
        try StoreBackups.writing(target) { try StoreFile.make(partial, for: target, like: path) }
    }
}
