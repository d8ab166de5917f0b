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
            Takes CSV with the header user_id,access_token[,refresh_token,expires_at,group], or one JSON object a line \
            with the same names. Rows that are wrong are listed by line and the rest is kept; exit code 65 when there \
            were such. A stored user gets the new token; its schedule stays. Who has that token already is left as it \
            is, parked or not; another group or expiry is taken over. What bankrefreshd tokens export wrote is read \
            with how everybody stood; the later moments hold.

              bankrefreshd users import users.csv
              psql --csv -c 'select user_id, access_token from tokens' | bankrefreshd users import -
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The file, or - for standard input.", completion: .file())
    var path: String

    @Option(help: "csv or ndjson; else told by the first character.")
    var format: FileForm?

    func run() async throws {
        let source = try ByteSource(path: path)
        let outcome = try await common.withOperations { try await take(source, $0) }
        tell(outcome, name: source.name)
        if !outcome.problems.isEmpty { throw ExitCode(SystemExit.badData.rawValue) }
    }

    private func take(_ source: ByteSource, _ operations: any FleetOperating) async throws -> ImportOutcome {
        var parser = UserFileParser(form: format, now: Calendar.now)
        var outcome = ImportOutcome()
        var writer = ImportWriter(operations: operations, id: outcome.id)
        var progress = Progress()
        do {
            while var chunk = try source.next() {
                defer { chunk.wipe() }
                try await take(try parser.feed(chunk), &writer, &outcome, progress)
                progress.show(
                    share: source.share,
                    "\(Count.of(outcome.counts.all, "user")), \(Count.of(outcome.problems.count, "bad row"))")
            }
            try await take(try parser.finish(), &writer, &outcome, progress)
            outcome.counts.count(try await writer.finish())
        } catch let refusal as ImportRefusal {
            progress.clear()
            // The rows before it are good.
            outcome.counts.count(try await writer.finish())
            throw CommandFailure(
                .badData, "\(source.name): \(refusal.description)",
                remedy: outcome.counts.all > 0 ? outcome.keptText : nil)
        } catch {
            progress.clear()
            outcome.counts.count(await writer.stop())
            if outcome.counts.all > 0 { StandardError.write("\(source.name): \(outcome.keptText); then:\n") }
            throw error
        }
        progress.clear()
        if let remark = common.remark(onGroups: outcome.groups) { outcome.notices.append(remark) }
        return outcome
    }

    private func take(
        _ rows: [ParsedRow], _ writer: inout ImportWriter, _ outcome: inout ImportOutcome, _ progress: Progress
    ) async throws {
        for row in rows {
            switch row.result {
            case .success(let entry):
                if let group = entry.group { outcome.groups.insert(group) }
                outcome.counts.count(try await writer.add(entry))
            case .failure(let problem):
                outcome.problems.append(.init(line: row.line, problem: problem.description))
                if !common.json { progress.interrupt("line \(row.line): \(problem.description)") }
            }
        }
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
