import ArgumentParser
import Glibc
import RefreshCore
import RefreshDaemon
import UserImport

struct UsersSync: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Make the stored users those of a file: add, change, and remove who is not in it.",
        discussion: """
            The file is that of users import, and the whole truth: who is stored and not in it is removed. Who was \
            added by somebody else meanwhile stays. A row that is refused keeps its user, and a file with such a row, \
            cut short or empty removes nobody unless told otherwise. Above --remove-at-most it asks, and without a \
            terminal removes nobody; who would go is named. Exit code 65 when a row was refused or nobody was removed for such a reason.

              bankrefreshd users sync users.csv --dry-run
              bankrefreshd users sync users.csv --remove-at-most 5%
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The file, or - for standard input.", completion: .file())
    var path: String

    @Option(help: "csv or ndjson; else told by the first character.")
    var format: FileForm?

    @Flag(help: "Tell what would be done, and change nothing.")
    var dryRun = false

    @Flag(help: "Remove users although rows were refused or the file is empty.")
    var allowIncomplete = false

    @Option(
        help: ArgumentHelp(
            "Remove no more than this without asking: a number, or a share of the stored users.", valueName: "limit"))
    var removeAtMost = RemovalLimit.percent(1)

    func run() async throws {
        let source = try ByteSource(path: path)
        let outcome = try await common.withOperations { operations in
            var run = SyncRun(
                operations: operations, isTrial: dryRun, showsRows: !common.json, mayAsk: path != "-" && !common.json)
            do {
                try await run.read(source, form: format)
                try await run.remove(atMost: removeAtMost, allowsIncomplete: allowIncomplete, name: source.name)
            } catch {
                if run.outcome.counts.all > 0 { Remark.write("\(run.outcome.keptText); then:", on: source.name) }
                throw error
            }
            return run.outcome
        }
        tell(outcome, name: source.name)
        if !outcome.rows.problems.isEmpty || outcome.obstacle != nil { throw ExitCode(SystemExit.badData.rawValue) }
    }

    private func tell(_ outcome: SyncOutcome, name: String) {
        var outcome = outcome
        if let remark = common.remark(onGroups: outcome.rows.groups) { outcome.rows.notices.append(remark) }
        if common.json {
            if let text = try? JSONText.of(outcome) { StandardOutput.write(text) }
            return
        }
        for notice in outcome.rows.notices { StandardError.write("\(name): \(notice)\n") }
        if let obstacle = outcome.obstacle {
            StandardError.write(
                "\(name): nobody \(dryRun ? "would be" : "is") removed: \(obstacle)\n" + outcome.missingText)
        }
        if outcome.removed > 0, !dryRun {
            StandardError.write("bankrefreshd: what the journal and backups of the store hold of the removed stays\n")
        }
        StandardOutput.write(outcome.keptText + "\n")
        if dryRun { StandardOutput.write("nothing was changed: this was what would be\n") }
    }
}
