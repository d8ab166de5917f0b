import RefreshCore
import RefreshDaemon
import UserImport

/// Reads a file of users to its end, passes on every user in it, and counts the results.
///
/// Users are passed on in the order of their places, by which the store sorts them. They wait until the file is read,
/// or the memory for them is full (`PackedUsers.most`). Bad rows are reported at once, in the order of the file.
struct UserIntake {
    /// The share of reading in the time for a file, at most.
    private static let shareOfReading = 0.1

    private let showsRows: Bool
    private let operations: any OperationPerforming
    private var writer: ImportWriter
    private var waiting = PackedUsers()
    /// The number of users read, written or not.
    private var users = 0
    /// What was found in the file.
    private var found = ImportOutcome()
    var progress = Progress()

    /// With `showsRows`, refused rows are printed as they are found.
    init(
        operations: any OperationPerforming, kind: ImportPart.Kind = .imported, isTrial: Bool = false, showsRows: Bool
    ) {
        self.showsRows = showsRows
        self.operations = operations
        writer = ImportWriter(operations: operations, id: found.id, kind: kind, isTrial: isTrial)
    }

    /// The outcome so far; it matches the store, also after an error.
    var outcome: ImportOutcome {
        var outcome = found
        outcome.counts = writer.counts
        return outcome
    }

    /// Reads the file; returns why the rest cannot be read, or nil if all of it was.
    ///
    /// Users before that point are written. `mark` is called with the user of every row, also of refused rows.
    mutating func read(
        _ source: ByteSource, form: FileForm?, _ mark: (UserID) -> Void = { _ in }
    ) async throws -> ImportRefusal? {
        var refusal: ImportRefusal?
        do {
            let placing = try await operations.perform(ReadPlacing())
            do {
                var parser = UserFileParser(form: form, now: Calendar.now)
                while var chunk = try source.next() {
                    defer { chunk.wipe() }
                    try await take(try parser.feed(chunk), placing, of: source, mark)
                    show(source)
                }
                try await take(try parser.finish(), placing, of: source, mark)
            } catch let refused as ImportRefusal {
                refusal = refused
            }
            try await handOn(of: source)
            try await writer.finish()
        } catch {
            progress.clear()
            await writer.stop()
            throw error
        }
        progress.end(standing)
        return refusal
    }

    private var standing: String { "\(users.counted("user")), \(found.problems.count.counted("bad row"))" }

    private mutating func show(_ source: ByteSource) {
        let standing = standing
        let share = Self.shareOfReading + (1 - Self.shareOfReading) * Double(writer.counts.all) / Double(max(1, users))
        progress.show(share: source.share.map { $0 * share }, standing)
    }

    private mutating func take(
        _ rows: [ParsedRow], _ placing: Placing, of source: ByteSource, _ mark: (UserID) -> Void
    ) async throws {
        for row in rows {
            switch row.result {
            case .success(let entry):
                users += 1
                mark(entry.id)
                if let group = entry.group { found.groups.insert(group) }
                waiting.add(entry, at: placing.place(of: entry))
                if waiting.isFull { try await handOn(of: source) }
            case .failure(let problem):
                if let id = row.userID { mark(id) }
                found.problems.append(.init(line: row.line, problem: problem.description))
                if showsRows { progress.interrupt("line \(row.line): \(problem)") }
            }
        }
    }

    private mutating func handOn(of source: ByteSource) async throws {
        waiting.sort()
        for index in 0..<waiting.count {
            let hasResults = try await writer.add(waiting.entry(at: index))
            if hasResults { show(source) }
        }
        waiting = PackedUsers()
    }
}
