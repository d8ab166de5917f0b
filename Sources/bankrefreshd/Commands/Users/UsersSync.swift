import ArgumentParser
import RefreshCore
import RefreshDaemon
import UserImport

struct UsersSync: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Make the stored users match a file: add, change, and remove the users that are not in it.",
        discussion: """
            The file has the form of users import and must be complete: stored users that are not in it are removed. A \
            user that somebody else adds meanwhile stays. A rejected row keeps its user. A file with such a row, or \
            one that is truncated or empty, removes no user without --allow-incomplete. Above --remove-at-most the \
            command asks; without a terminal it removes no user and names those it would remove. Exit code 65: a row \
            was rejected, or no user was removed for one of these reasons.

              bankrefreshd users sync users.csv --dry-run
              bankrefreshd users sync users.csv --remove-at-most 5%
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The file, or - for standard input.", completion: .file())
    var path: String

    @Option(help: "csv or ndjson; by default, the first character decides.")
    var format: FileForm?

    @Flag(help: "Show what would be done, and change nothing.")
    var dryRun = false

    @Flag(help: "Remove users even if rows were rejected or the file is empty.")
    var allowIncomplete = false

    @Option(
        help: ArgumentHelp(
            "Remove no more than this without asking: a number, or a share of the stored users.", valueName: "limit"))
    var removeAtMost = RemovalLimit.percent(1)

    func run() async throws {
        let source = try ByteSource(path: path)
        let outcome = try await common.withOperations(makingStore: !dryRun) { operations in
            var run = SyncRun(
                operations: operations, isTrial: dryRun, showsRows: !common.json, mayAsk: path != "-" && !common.json)
            do {
                try await run.read(source, form: format)
                try await run.remove(atMost: removeAtMost, allowsIncomplete: allowIncomplete, name: source.name)
            } catch {
                if run.outcome.rows.counts.all > 0 { Remark.write("\(run.outcome.keptText); then:", on: source.name) }
                throw error
            }
            return run.outcome
        }
        try tell(outcome, name: source.name)
        if !outcome.rows.problems.isEmpty || outcome.obstacle != nil { throw ExitCode(SystemExit.badData.rawValue) }
    }

    private func tell(_ outcome: SyncOutcome, name: String) throws {
        var outcome = outcome
        if let remark = common.remark(onGroups: outcome.rows.groups) { outcome.rows.notices.append(remark) }
        if common.json { return StandardOutput.write(try JSONText.of(outcome)) }
        for notice in outcome.rows.notices { StandardError.write("\(name): \(notice)\n") }
        if let obstacle = outcome.obstacle {
            StandardError.write(
                "\(name): no user \(dryRun ? "would be" : "is") removed: \(obstacle)\n" + outcome.missingText)
        }
        if outcome.removed > 0, !dryRun {
            Remark.write("entries about the removed users in the journal and backups of the store stay")
        }
        StandardOutput.write(outcome.keptText + "\n")
        if dryRun { StandardOutput.write("nothing was changed: this was a dry run\n") }
    }
}

struct SyncOutcome: Encodable {
    /// The keys in addition to those of `rows`.
    private enum CodingKeys: CodingKey {
        case removed, missing, removedUsers, missingUsers, obstacle, isDryRun
    }

    var rows = ImportOutcome()
    let isDryRun: Bool
    /// The number of users that are stored but not in the file.
    var missing = 0
    var removed = 0
    /// Kept only for JSON.
    var removedUsers: [String] = []
    /// Missing users that stay because of an obstacle that can be lifted; all of them only for JSON.
    var missingUsers: [String] = []
    var obstacle: String?

    func encode(to encoder: any Encoder) throws {
        try rows.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(removed, forKey: .removed)
        try container.encode(missing, forKey: .missing)
        try container.encode(removedUsers, forKey: .removedUsers)
        if obstacle != nil { try container.encode(missingUsers, forKey: .missingUsers) }
        try container.encodeIfPresent(obstacle, forKey: .obstacle)
        try container.encode(isDryRun, forKey: .isDryRun)
    }

    /// Some missing users, one per line; empty if there are none.
    var missingText: String {
        guard !missingUsers.isEmpty else { return "" }
        let others = missing - missingUsers.count
        return missingUsers.map { "  would go: \($0)\n" }.joined()
            + (others > 0 ? "  and \(others.counted("other")); --json names them all\n" : "")
    }

    var keptText: String { "\(rows.keptText); \(removed.counted("user")) removed" }
}

/// How many users a command may remove without asking: a number, or a share of the stored users.
enum RemovalLimit: Equatable {
    case users(Int)
    case percent(Double)

    func count(of users: Int) -> Int {
        switch self {
        case .users(let count): count
        case .percent(let percent): Int((Double(users) * percent / 100).rounded(.down))
        }
    }
}

extension RemovalLimit: ExpressibleByArgument, CustomStringConvertible {
    init?(argument: String) {
        if argument.last == "%" {
            let number = argument.dropLast().drop { $0 == " " }.last == " " ? argument.dropLast(2) : argument.dropLast()
            guard let percent = Double(number), (0...100).contains(percent) else { return nil }
            self = .percent(percent)
        } else {
            guard let count = Int(argument), count >= 0 else { return nil }
            self = .users(count)
        }
    }

    var description: String {
        switch self {
        case .users(let count): "\(count)"
        case .percent(let percent):
            percent == percent.rounded() ? "\(Int(percent))%" : "\(percent)%"
        }
    }
}
