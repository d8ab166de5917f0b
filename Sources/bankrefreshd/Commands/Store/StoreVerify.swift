import ArgumentParser
import Glibc
import RefreshConfiguration
import RefreshCore
import SQLiteStore
import TokenVault

struct StoreVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a backup, or the store itself, from end to end.",
        discussion: """
            Reads everything: whether the file is intact, whether every token opens with the configured keys, and how \
            many users it holds. Changes nothing; the daemon may run. Exit code 65: the file is damaged or no store. \
            78: the keys do not fit, or a newer version wrote it.

              bankrefreshd store verify /var/backups/bankrefreshd/store.sqlite
              bankrefreshd store verify --json
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("The file; by default the configured store.", valueName: "file"))
    var path: String?

    func run() async throws {
        let configuration = try common.file.load()
        let path = path ?? configuration.store.sqlitePath
        let keys = try KeySource(file: common.file.path, store: configuration.store).keys()
        try StoreOwner.assume(for: path)
        guard access(path, F_OK) == 0 || errno != ENOENT && errno != ENOTDIR else {
            throw CommandFailure(.badData, "there is no file \(path)")
        }
        let sealer = TokenSealer(keys: keys)
        let found: StoreExamination
        do {
            found = try StoreExamination.examine(
                path,
                verifying: { marks throws(StoreProblem) in
                    try StoreOpening.check(marks, of: path, keys: keys, demands: .init())
                },
                opens: sealer.opens)
        } catch {
            throw Self.isSame(path, configuration.store.sqlitePath) ? error : BackupProblem.unusable(file: path, error)
        }
        let report = VerificationReport(found, path: path)
        StandardOutput.write(common.json ? try JSONText.of(report) : report.text())
        guard report.isGood else { throw ExitCode(SystemExit.badData.rawValue) }
    }

    /// Whether two paths lead to one file.
    private static func isSame(_ one: String, _ other: String) -> Bool {
        var (first, second) = (stat(), stat())
        return one == other
            || stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev
                && first.st_ino == second.st_ino
    }
}
