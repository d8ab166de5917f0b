import ArgumentParser
import Glibc
import RefreshConfiguration
import RefreshCore
import SQLiteStore
import TokenVault

struct StoreRestoring: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Replace the store with a backup, and keep the previous store.",
        discussion: """
            The daemon must not run. If the previous store can be read, the times of calls since the backup are copied \
            from it, and users that were removed since come back paused. Otherwise every user counts as called at the \
            restore and waits for the minimum interval.

            A backup with tokens that do not open with the keys at hand is refused. With --allow-unopened it is \
            restored, and the users of those tokens wait for new ones.

              systemctl stop bankrefreshd
              bankrefreshd store restore /var/backups/bankrefreshd/store.sqlite
              systemctl start bankrefreshd
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "Restore a backup even if some tokens do not open; their users wait for new ones.")
    var allowUnopened = false

    @Argument(help: ArgumentHelp("The backup.", valueName: "file"))
    var backup: String

    func run() async throws {
        let configuration = try common.file.load()
        try configuration.store.checkIsFile(
            for: "store restore",
            remedy: "stop every daemon, and restore the database with pg_restore: docs/postgresql.md")
        let path = configuration.store.sqlitePath
        let keys = try KeySource(file: common.file.path, store: configuration.store).keys()
        // Before root's rights are given up: only root may be able to read the backup.
        let descriptor = try openBackup(store: path)
        defer { close(descriptor) }
        try StoreOpening.checkDirectory(of: path)
        try StoreOwner.assume(for: path)
        let name = backup
        let sealer = TokenSealer(keys: keys)
        do {
            let result = try StoreRestore(to: path, version: Version.text).run(
                from: descriptor, named: name, at: Calendar.now, allowsUnopened: allowUnopened,
                verifying: { marks throws(StoreProblem) in
                    let demands = StoreOpening.Demands(environment: configuration.api.server.description)
                    try StoreOpening.check(marks, of: name, keys: keys, demands: demands)
                },
                opens: sealer.opens)
            let report = RestoreReport(result, path: path)
            StandardOutput.write(common.json ? try JSONText.of(report) : report.text())
        } catch {
            throw failure(for: error)
        }
    }

    private func openBackup(store: String) throws -> Int32 {
        let descriptor = open(backup, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let code = errno
            throw BackupProblem.unusable(
                file: backup,
                code == ENOENT || code == ENOTDIR
                    ? .missing(place: backup) : StoreFile.problem(code, at: backup, for: backup))
        }
        do {
            var found = stat()
            guard fstat(descriptor, &found) == 0, found.isRegular else {
                throw CommandFailure(.usage, "\(backup) is not a file")
            }
            if let own = stat(of: store), own.isSame(as: found) {
                throw CommandFailure(.usage, "\(backup) is the store itself", remedy: "name a backup")
            }
            if let log = stat(of: backup + "-wal"), log.st_size > 0 {
                throw CommandFailure(
                    .badData,
                    "\(backup) has a log beside it, \(backup)-wal, so it is a store in several files, not a "
                        + "backup",
                    remedy: "combine both files: sqlite3 \(backup) 'PRAGMA journal_mode = DELETE'")
            }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Attributes problems of the copy that is being made to the backup.
    private func failure(for error: any Error) -> any Error {
        guard let problem = error as? StoreProblem else { return error }
        switch problem {
        case .heldByAnother:
            return CommandFailure(.tryLater, problem.description, remedy: "stop it first: systemctl stop bankrefreshd")
        case .notAStore, .newerVersion, .keyDoesNotFit, .otherEnvironment, .closed:
            return BackupProblem.unusable(file: backup, problem)
        default: return problem
        }
    }
}

struct RestoreReport: Encodable {
    let path: String
    let takenAt: String
    let restoredAt: String
    let users: Int
    /// The path of the previous store.
    let kept: String?
    /// Whether the previous store gave the times of calls since the backup.
    let isTakenOver: Bool
    /// Why the previous store did not give them.
    var notTakenOver: String?
    var removedSince = 0
    var firstRemoved: [String] = []
    var addedSince = 0
    var firstAdded: [String] = []
    /// The number of users with tokens that do not open with the available keys.
    let unopened: Int
    let firstUnopened: [String]

    init(_ result: StoreRestore.Result, path: String) {
        self.path = path
        takenAt = result.restoration.takenAt.description
        restoredAt = result.restoration.restoredAt.description
        users = result.users
        kept = result.kept
        unopened = result.unopened.count
        firstUnopened = result.unopened.first.map(\.rawValue)
        isTakenOver = result.restoration.isTakenOver
        switch result.earlier {
        case .takenOver(let found):
            removedSince = found.removed
            firstRemoved = found.firstRemoved.map(\.rawValue)
            addedSince = found.added
            firstAdded = found.firstAdded.map(\.rawValue)
        case .useless(let reason): notTakenOver = reason
        case nil: notTakenOver = "there was none"
        }
    }

    func text() -> String {
        var lines = ["restored \(users.counted("user")) from the backup of \(takenAt)"]
        if let kept { lines.append("the previous store is kept: \(kept)") }
        if isTakenOver {
            lines.append("the times of calls since then were copied from it")
        } else {
            lines.append(
                "the times of calls since then are unknown\(notTakenOver.map { " (the previous store: \($0))" } ?? "")")
            lines.append("every user counts as called at \(restoredAt) and waits for the minimum interval")
        }
        if removedSince > 0 {
            lines.append(
                "removed since then, and paused now: \(list(removedSince, firstRemoved)); bankrefreshd users list "
                    + "--state paused")
        }
        if addedSince > 0 {
            lines.append("added since then, and only in the previous store: \(list(addedSince, firstAdded))")
        }
        if unopened > 0 {
            lines.append("tokens that do not open: \(list(unopened, firstUnopened))")
            lines.append("import new ones for these users: bankrefreshd users import FILE")
            lines.append("if their key is lost for good, before the start: bankrefreshd key replace --lost")
        }
        return (lines + ["next: systemctl start bankrefreshd"]).joined(separator: "\n") + "\n"
    }

    private func list(_ count: Int, _ first: [String]) -> String {
        count.counted("user") + ", " + first.joined(separator: ", ") + (count > first.count ? ", …" : "")
    }
}
