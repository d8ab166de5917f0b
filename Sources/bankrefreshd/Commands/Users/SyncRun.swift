import Glibc
import RefreshCore
import RefreshDaemon
import UserImport

/// One sync of the stored users with a file, from its beginning to its end.
struct SyncRun {
    private static let page = 10_000

    private let operations: any FleetOperating
    private let isTrial: Bool
    private let showsRows: Bool
    private let mayAsk: Bool
    /// Who was added since is nobody whom the file could name.
    private let began = Calendar.now
    private var stored = StoredPresence()
    /// Why the file may name fewer users than it should.
    private var shortfall: String?
    /// Why nobody can tell what the file names.
    private var refusal: ImportRefusal?
    private(set) var outcome: SyncOutcome
    private(set) var progress = Progress()

    init(operations: any FleetOperating, isTrial: Bool, showsRows: Bool, mayAsk: Bool) {
        self.operations = operations
        self.isTrial = isTrial
        self.showsRows = showsRows
        self.mayAsk = mayAsk
        outcome = SyncOutcome(isDryRun: isTrial)
    }

    // MARK: Reading

    /// Puts everybody whom the file brings, and notes who is in it.
    mutating func read(_ source: ByteSource, form: FileForm?) async throws {
        try await eachPage { stored, ids in stored.add(ids) }
        stored.begin()
        var parser = UserFileParser(form: form, now: Calendar.now, demandsEnd: true)
        var writer = ImportWriter(
            operations: operations, id: outcome.rows.id, kind: .synced, isTrial: isTrial)
        do {
            while var chunk = try source.next() {
                defer { chunk.wipe() }
                try await take(try parser.feed(chunk), &writer)
                let outcome = outcome
                progress.show(
                    share: source.share,
                    "\(Count.of(outcome.counts.all, "user")), \(Count.of(outcome.rows.problems.count, "bad row"))")
            }
            try await take(try parser.finish(), &writer)
        } catch let refused as ImportRefusal {
            refusal = refused
        } catch {
            outcome.rows.counts.count(await writer.stop())
            throw error
        }
        outcome.rows.counts.count(try await writer.finish())
        progress.clear()
    }

    private mutating func take(_ rows: [ParsedRow], _ writer: inout ImportWriter) async throws {
        for row in rows {
            switch row.result {
            case .success(let entry):
                stored.mark(entry.id)
                if let group = entry.group { outcome.rows.groups.insert(group) }
                outcome.rows.counts.count(try await writer.add(entry))
            case .failure(let problem):
                if let id = row.userID { stored.mark(id) }
                outcome.rows.problems.append(.init(line: row.line, problem: problem.description))
                if showsRows { progress.interrupt("line \(row.line): \(problem.description)") }
            }
        }
    }

    // MARK: Removing

    /// Removes who was stored at the beginning and is not in the file, unless something forbids it.
    mutating func remove(atMost limit: RemovalLimit, allowsIncomplete: Bool, name: String) async throws {
        outcome.missing = stored.missing
        outcome.obstacle = try obstacle(limit, allowsIncomplete, name)
        if outcome.obstacle == nil, outcome.missing > 0 { try await removeMissing() }
        // Ends what the journal tells of as one, and has the files swept.
        if !isTrial { _ = try await operations.remove([], RemovalTerms(part: part(isLast: true))) }
        progress.clear()
    }

    private func obstacle(_ limit: RemovalLimit, _ allowsIncomplete: Bool, _ name: String) throws -> String? {
        switch refusal {
        case nil: break
        case .empty?, .noUsers?:
            if !allowsIncomplete { return "the file names no users; if that is meant: --allow-incomplete" }
        case let refusal?: return refusal.description
        }
        if !outcome.rows.problems.isEmpty, !allowsIncomplete {
            return
                "\(Count.of(outcome.rows.problems.count, "row")) refused, so the file may lack users; mend it, or give"
                + " --allow-incomplete"
        }
        guard stored.missing > limit.count(of: stored.count) else { return nil }
        let share = Double(stored.missing) * 100 / Double(stored.count)
        let what =
            "\(stored.missing) of \(Count.of(stored.count, "stored user")) (\(Self.text(percent: share)) %) are not in"
            + " \(name), and --remove-at-most is \(limit)"
        if !isTrial, mayAsk, isatty(STDIN_FILENO) == 1, StandardError.isTerminal {
            StandardError.write("\(what). Remove them? [y/N] ")
            if ["y", "yes"].contains((readLine() ?? "").lowercased()) { return nil }
        }
        return "\(what); if that is meant: --remove-at-most \(stored.missing)"
    }

    private static func text(percent: Double) -> String {
        let tenths = Int((percent * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    private mutating func removeMissing() async throws {
        let batch = NamedUsers.batch(for: operations)
        var waiting: [UserID] = []
        var after: UserID?
        while true {
            let ids = try await operations.ids(after: after, limit: Self.page)
            waiting += ids.filter(stored.isMissing)
            let isEnd = ids.count < Self.page
            while waiting.count >= batch || isEnd && !waiting.isEmpty {
                try await remove(Array(waiting.prefix(batch)))
                waiting.removeFirst(min(batch, waiting.count))
            }
            guard !isEnd, let last = ids.last else { return }
            after = last
        }
    }

    private mutating func remove(_ ids: [UserID]) async throws {
        let terms = RemovalTerms(unlessAddedSince: began, part: part(isLast: false))
        let answers = isTrial ? ids.map { _ in Removal.removed } : try await operations.remove(ids, terms)
        for (id, answer) in zip(ids, answers) where answer == .removed {
            outcome.removed += 1
            if showsRows {
                progress.clear()
                StandardOutput.write(isTrial ? "\(id): would be removed\n" : "\(id): removed\n")
            } else {
                outcome.removedUsers.append(id.rawValue)
            }
        }
        let (removed, missing) = (outcome.removed, outcome.missing)
        progress.show(share: Double(removed) / Double(max(1, missing)), "\(removed) of \(missing) removed")
    }

    private func part(isLast: Bool) -> ImportPart {
        ImportPart(id: outcome.rows.id, isLast: isLast, kind: .synced)
    }

    private mutating func eachPage(_ body: (inout StoredPresence, [UserID]) -> Void) async throws {
        var after: UserID?
        while true {
            let ids = try await operations.ids(after: after, limit: Self.page)
            body(&stored, ids)
            guard ids.count == Self.page, let last = ids.last else { return }
            after = last
        }
    }
}
