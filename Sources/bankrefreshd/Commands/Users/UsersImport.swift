import ArgumentParser
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
        let outcome = try await common.withOperations(makingStore: true) { try await take(source, $0) }
        try tell(outcome, name: source.name)
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
                // The rows before the error are stored.
                remedy: intake.outcome.counts.all > 0 ? intake.outcome.keptText : nil)
        }
        var outcome = intake.outcome
        if let remark = common.remark(onGroups: outcome.groups) { outcome.notices.append(remark) }
        return outcome
    }

    private func tell(_ outcome: ImportOutcome, name: String) throws {
        if common.json { return StandardOutput.write(try JSONText.of(outcome)) }
        for notice in outcome.notices { StandardError.write("\(name): \(notice)\n") }
        StandardOutput.write("\(outcome.keptText)\n")
    }
}

extension FileForm: ExpressibleByArgument {}

struct ImportOutcome: Encodable {
    struct BadRow: Encodable {
        let line: Int
        let problem: String
    }

    private enum CodingKeys: CodingKey {
        case problems, notices
    }

    /// Tells the daemon which batches belong together.
    let id = String(UInt64.random(in: .min ... .max), radix: 36)
    var counts = PutCounts.zero
    var problems: [BadRow] = []
    var notices: [String] = []
    var groups: Set<GroupName> = []

    func encode(to encoder: any Encoder) throws {
        try counts.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(problems, forKey: .problems)
        try container.encode(notices, forKey: .notices)
    }

    var keptText: String {
        "\(counts.all.counted("user")) kept: \(counts.text); \(problems.count.counted("row")) refused"
    }
}

/// Passes on users in batches, and prepares one batch while another is written.
///
/// The larger the batch, the more of its users share pages of the store. A store without a daemon takes 50,000 users in
/// one transaction; the daemon takes fewer, so that calls need not wait, and no more than fit into a request.
struct ImportWriter {
    /// Concurrent batches: while the store writes the tokens of one, those of the next are compared and encrypted.
    private static let atOnce = 2

    private let operations: any OperationPerforming
    private let limit: BatchLimit
    /// Tells the daemon which batches belong together.
    private let id: String
    private let kind: ImportPart.Kind
    /// Whether to only ask for the results, and change nothing.
    private let isTrial: Bool
    private var pending: [UserEntry] = []
    private var pendingBytes = 0
    /// The batches being written, the oldest first.
    private var writing: [Task<[PutAnswer], any Error>] = []
    /// The results so far.
    private(set) var counts = PutCounts.zero

    init(operations: any OperationPerforming, id: String, kind: ImportPart.Kind, isTrial: Bool) {
        self.operations = operations
        self.id = id
        self.kind = kind
        self.isTrial = isTrial
        limit = operations.batch
    }

    /// Adds a user; returns whether results of earlier users came, and throws their failures.
    mutating func add(_ entry: UserEntry) async throws -> Bool {
        let before = counts.all
        // Written before the user is added, so that some users remain for the last batch.
        let bytes = entry.mostBytes
        if pending.count >= limit.users || pendingBytes + bytes > limit.bytes { try await write(isLast: false) }
        pending.append(entry)
        pendingBytes += bytes
        return counts.all > before
    }

    /// Writes the rest, and returns when everything is written.
    mutating func finish() async throws {
        // The last batch ends the import that the journal reports as one, so it comes after all others.
        try await wait(until: 0)
        try await write(isLast: true)
        try await wait(until: 0)
    }

    /// Waits for the batches being written; pending users are not written.
    mutating func stop() async {
        // The caller already has an error to report.
        for batch in writing { counts.count((try? await batch.value) ?? []) }
        writing = []
    }

    private mutating func wait(until left: Int) async throws {
        while writing.count > left { counts.count(try await writing.removeFirst().value) }
    }

    /// Starts to write the pending batch when fewer than `atOnce` are being written.
    private mutating func write(isLast: Bool) async throws {
        try await wait(until: Self.atOnce - 1)
        guard !pending.isEmpty else { return }
        // A sync ends with its removals instead.
        let part = ImportPart(id: id, isLast: isLast && kind == .imported, kind: kind)
        writing.append(
            Task { [operations, pending, isTrial] in
                isTrial
                    ? try await operations.perform(PreviewUsers(pending))
                    : try await operations.perform(PutUsers(pending, part: part))
            })
        (pending, pendingBytes) = ([], 0)
    }
}

extension PutCounts {
    /// The counts in words; zero counts are omitted, except for added users and new tokens.
    var text: String {
        var text = "\(added.grouped) added, \(withNewToken.grouped) with a new token"
        var remarks: [String] = []
        if released > 0 { remarks.append("\(released.grouped) of them no longer parked") }
        if unopened > 0 {
            remarks.append("of \(unopened.grouped) the stored token could not be opened, so it counts as new")
        }
        if !remarks.isEmpty { text += " (\(remarks.joined(separator: "; ")))" }
        if updated > 0 { text += ", \(updated.grouped) with another group or expiry" }
        if unchanged > 0 { text += ", \(unchanged.grouped) unchanged" }
        return text
    }
}
