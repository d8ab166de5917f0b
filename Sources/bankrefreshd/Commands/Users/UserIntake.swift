import RefreshCore
import RefreshDaemon
import UserImport

/// Reads a file of users to its end, hands on every user that it brings, and keeps count of what became of them.
struct UserIntake {
    private let showsRows: Bool
    private var writer: ImportWriter
    /// Users that were read, whether or not they are written yet.
    private var users = 0
    /// True to what is stored, after an error too.
    private(set) var outcome = ImportOutcome()
    var progress = Progress()

    /// With `showsRows`, rows that are refused are told as they are met.
    init(
        operations: any OperationPerforming, kind: ImportPart.Kind = .imported, isTrial: Bool = false, showsRows: Bool
    ) {
        self.showsRows = showsRows
        writer = ImportWriter(operations: operations, id: outcome.id, kind: kind, isTrial: isTrial)
    }

    /// Returns why the rest of the file cannot be read; nil where all of it was.
    ///
    /// What stands before that is written. `mark` hears of everybody whom a row is about, also of those refused.
    mutating func read(
        _ source: ByteSource, form: FileForm?, _ mark: (UserID) -> Void = { _ in }
    ) async throws -> ImportRefusal? {
        var refusal: ImportRefusal?
        do {
            do {
                var parser = UserFileParser(form: form, now: Calendar.now)
                while var chunk = try source.next() {
                    defer { chunk.wipe() }
                    try await take(try parser.feed(chunk), mark)
                    let standing = standing
                    progress.show(share: source.share, standing)
                }
                try await take(try parser.finish(), mark)
            } catch let refused as ImportRefusal {
                refusal = refused
            }
            outcome.counts.count(try await writer.finish())
        } catch {
            progress.clear()
            outcome.counts.count(await writer.stop())
            throw error
        }
        progress.end(standing)
        return refusal
    }

    private var standing: String { "\(Count.of(users, "user")), \(Count.of(outcome.problems.count, "bad row"))" }

    private mutating func take(_ rows: [ParsedRow], _ mark: (UserID) -> Void) async throws {
        for row in rows {
            switch row.result {
            case .success(let entry):
                users += 1
                mark(entry.id)
                if let group = entry.group { outcome.groups.insert(group) }
                outcome.counts.count(try await writer.add(entry))
            case .failure(let problem):
                if let id = row.userID { mark(id) }
                outcome.problems.append(.init(line: row.line, problem: problem.description))
                if showsRows { progress.interrupt("line \(row.line): \(problem)") }
            }
        }
    }
}
