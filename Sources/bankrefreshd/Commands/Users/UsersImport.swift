import ArgumentParser
import Glibc
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import UserImport

struct UsersImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Add many users from a file of tokens.",
        discussion: """
            Reads CSV with the header user_id,access_token[,refresh_token,expires_at,group], or one JSON object per \
            line with the same names. The command lists bad rows by line and keeps the others; the exit code is then \
            65. A last row without a newline is bad, because the file may be truncated. A stored user gets the new \
            token; its schedule stays. A user that already has the token stays as it is, parked or not; a changed \
            group or expiry is stored. An export of bankrefreshd tokens export also brings each user's state; the \
            later times apply.

              bankrefreshd users import users.csv
              psql --csv -c 'select user_id, access_token from tokens' | bankrefreshd users import -
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The file, or - for standard input.", completion: .file())
    var path: String

    @Option(help: "csv or ndjson; by default, the first character decides.")
    var format: FileForm?

    func run() async throws {
        let source = try ByteSource(path: path)
        let outcome = try await common.withOperations { try await take(source, $0) }
        tell(outcome, name: source.name)
        if !outcome.problems.isEmpty { throw ExitCode(SystemExit.badData.rawValue) }
    }

    private func take(_ source: ByteSource, _ operations: any OperationPerforming) async throws -> ImportOutcome {
        var intake = UserIntake(operations: operations, showsRows: !common.json)
        let refusal: ImportRefusal?
        do {
            refusal = try await intake.read(source, form: format)
        } catch {
            if intake.outcome.counts.all > 0 { Remark.write("\(intake.outcome.keptText); then:", on: source.name) }
            throw error
        }
        if let refusal {
            throw CommandFailure(
                .badData, "\(source.name): \(refusal.description)",
                // The rows before it are good.
                remedy: intake.outcome.counts.all > 0 ? intake.outcome.keptText : nil)
        }
        var outcome = intake.outcome
        if let remark = common.remark(onGroups: outcome.groups) { outcome.notices.append(remark) }
        return outcome
    }

    private func tell(_ outcome: ImportOutcome, name: String) {
        if common.json {
            if let text = try? JSONText.of(outcome) { StandardOutput.write(text) }
            return
        }
        for notice in outcome.notices { StandardError.write("\(name): \(notice)\n") }
        StandardOutput.write("\(outcome.keptText)\n")
    }
}

extension FileForm: ExpressibleByArgument {}
