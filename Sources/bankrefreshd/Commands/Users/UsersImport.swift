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
            were such. A stored user gets the new token; its schedule stays.

              bankrefreshd users import users.csv
              pg_dump … | bankrefreshd users import -
            """)

    /// Rows in one transaction.
    private static let batch = 1_000

    @OptionGroup var common: CommonOptions

    @Argument(help: "The file, or - for standard input.")
    var path: String

    @Option(help: "csv or ndjson; else told by the first character.")
    var format: FileForm?

    func run() async throws {
        let source = try ByteSource(path: path)
        let operations = try await common.operations()
        var parser = UserFileParser(form: format, now: Calendar.now)
        var outcome = ImportOutcome()
        var pending: [UserEntry] = []
        var progress = Progress()
        do {
            while let chunk = try source.next() {
                try await take(try parser.feed(chunk), &pending, &outcome, operations)
                progress.show(
                    "\(outcome.kept) users, \(outcome.problems.count) bad rows"
                        + (source.share.map { ", \(Int($0 * 100)) %" } ?? ""))
            }
            try await take(try parser.finish(), &pending, &outcome, operations)
            if !pending.isEmpty { try await put(&pending, &outcome, operations) }
        } catch let refusal as ImportRefusal {
            progress.end()
            throw CommandFailure(.badData, "\(source.name): \(refusal.description)", remedy: outcome.keptText)
        }
        progress.end()
        let unknownGroups = ImportNotice.unknownGroups(
            among: outcome.groups, configured: try common.file.load().groups.keys)
        tell(outcome, notices: parser.notices + unknownGroups, name: source.name)
        if !outcome.problems.isEmpty { throw ExitCode(SystemExit.badData.rawValue) }
    }

    private func take(
        _ rows: [ParsedRow], _ pending: inout [UserEntry], _ outcome: inout ImportOutcome,
        _ operations: any FleetOperating
    ) async throws {
        for row in rows {
            switch row.result {
            case .success(let entry):
                pending.append(entry)
                if let group = entry.group { outcome.groups[group, default: 0] += 1 }
                if pending.count >= Self.batch { try await put(&pending, &outcome, operations) }
            case .failure(let problem):
                outcome.problems.append(.init(line: row.line, problem: problem.description))
                if !common.json { StandardError.write("line \(row.line): \(problem.description)\n") }
            }
        }
    }

    private func put(
        _ pending: inout [UserEntry], _ outcome: inout ImportOutcome, _ operations: any FleetOperating
    ) async throws {
        for answer in try await operations.put(pending) {
            switch answer {
            case .added: outcome.added += 1
            case .replaced: outcome.replaced += 1
            case .released: outcome.released += 1
            }
        }
        pending.removeAll(keepingCapacity: true)
    }

    private func tell(_ outcome: ImportOutcome, notices: [ImportNotice], name: String) {
        if common.json {
            var outcome = outcome
            outcome.notices = notices.map(\.description)
            if let text = try? JSONText.of(outcome) { StandardOutput.write(text) }
            return
        }
        for notice in notices { StandardError.write("\(name): \(notice.description)\n") }
        StandardOutput.write("\(outcome.keptText)\n")
    }
}

/// What an import did.
private struct ImportOutcome: Encodable {
    struct BadRow: Encodable {
        let line: Int
        let problem: String
    }

    var added = 0
    var replaced = 0
    var released = 0
    var problems: [BadRow] = []
    var notices: [String] = []
    /// How many users came with each group.
    var groups: [GroupName: Int] = [:]

    private enum CodingKeys: String, CodingKey {
        case added, replaced, released, problems, notices
    }

    var kept: Int { added + replaced + released }

    var keptText: String {
        "\(kept) users kept: \(added) added, \(replaced + released) with a new token"
            + (released > 0 ? " (\(released) of them no longer parked)" : "") + "; \(problems.count) rows refused"
    }
}

extension FileForm: ExpressibleByArgument {}
