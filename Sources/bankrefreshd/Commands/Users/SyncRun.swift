import Glibc
import RefreshCore
import RefreshDaemon
import UserImport

/// One sync of the stored users with a file, from its beginning to its end.
struct SyncRun {
    /// The most users that are named if none is removed; the others are only counted.
    private static let mostNamed = 20

    private let operations: any OperationPerforming
    private let isTrial: Bool
    private let showsRows: Bool
    private let mayAsk: Bool
    /// A user that was added after this moment is kept: the file could not name it.
    private let began = Calendar.now
    private var stored = StoredPresence()
    /// Why the file cannot be read to its end.
    private var refusal: ImportRefusal?
    private var intake: UserIntake
    private var removals: SyncOutcome

    init(operations: any OperationPerforming, isTrial: Bool, showsRows: Bool, mayAsk: Bool) {
        self.operations = operations
        self.isTrial = isTrial
        self.showsRows = showsRows
        self.mayAsk = mayAsk
        intake = UserIntake(operations: operations, kind: .synced, isTrial: isTrial, showsRows: showsRows)
        removals = SyncOutcome(isDryRun: isTrial)
    }

    /// The outcome so far, also after an error.
    var outcome: SyncOutcome {
        var outcome = removals
        outcome.rows = intake.outcome
        return outcome
    }

    // MARK: Reading

    /// Stores all users of the file, and marks the stored users that it names.
    mutating func read(_ source: ByteSource, form: FileForm?) async throws {
        var stored = StoredPresence()
        var pages = StoredIDs(operations: operations)
        while let ids = try await pages.next() { stored.add(ids) }
        stored.begin()
        refusal = try await intake.read(source, form: form) { stored.mark($0) }
        self.stored = stored
    }

    // MARK: Removing

    /// Removes users that were stored at the beginning and are not in the file, unless an obstacle forbids it.
    mutating func remove(atMost limit: RemovalLimit, allowsIncomplete: Bool, name: String) async throws {
        defer { intake.progress.clear() }
        removals.missing = stored.missing
        var obstacle = obstacle(limit, allowsIncomplete, name)
        if let found = obstacle, found.remedy != nil {
            try await nameMissing()
            if found.mayBeConfirmed, isMeant(found) { obstacle = nil }
        }
        removals.obstacle = obstacle.map { $0.reason + ($0.remedy.map { "; \($0)" } ?? "") }
        if obstacle == nil, removals.missing > 0 { try await removeMissing() }
        // Ends the part that the journal reports as one, and starts the sweep of the store's files.
        if !isTrial {
            _ = try await operations.perform(RemoveUsers([], part: part(isLast: true, obstacle: obstacle?.reason)))
        }
    }

    private func obstacle(_ limit: RemovalLimit, _ allowsIncomplete: Bool, _ name: String) -> SyncObstacle? {
        switch refusal {
        case nil: break
        case .empty?, .noUsers?:
            if allowsIncomplete { break }
            return SyncObstacle(
                reason: "the file names no users", remedy: "if this is intended: --allow-incomplete")
        case let refusal?: return SyncObstacle(reason: refusal.description)
        }
        let refused = intake.outcome.problems.count
        if refused > 0, !allowsIncomplete {
            return SyncObstacle(
                reason: "\(refused.counted("row")) refused, so the file may lack users",
                remedy: "fix it, or give --allow-incomplete")
        }
        let (missing, all) = (stored.missing, stored.count)
        guard missing > limit.count(of: all) else { return nil }
        let tenths = Int((Double(missing) * 1_000 / Double(all)).rounded())
        let percent = tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
        return SyncObstacle(
            reason: "\(missing) of \(all.counted("stored user")) (\(percent) %) are not in \(name), and "
                + "--remove-at-most is \(limit)",
            remedy: "if this is intended: --remove-at-most \(missing)", mayBeConfirmed: true)
    }

    /// Asks the user to confirm; false if there is no terminal to ask on.
    private mutating func isMeant(_ obstacle: SyncObstacle) -> Bool {
        guard !isTrial, mayAsk, isatty(STDIN_FILENO) == 1, StandardError.isTerminal else { return false }
        StandardError.write("\(obstacle.reason):\n\(removals.missingText)Remove them? [y/N] ")
        // They were shown, and need not be shown again.
        removals.missingUsers = []
        return ["y", "yes"].contains((readLine() ?? "").lowercased())
    }

    /// Names the missing users: all for JSON, some for people.
    private mutating func nameMissing() async throws {
        var pages = StoredIDs(operations: operations)
        while let ids = try await pages.next() {
            removals.missingUsers += ids.filter(stored.isMissing).map(\.rawValue)
            guard showsRows, removals.missingUsers.count > Self.mostNamed else { continue }
            removals.missingUsers = Array(removals.missingUsers.prefix(Self.mostNamed))
            return
        }
    }

    private mutating func removeMissing() async throws {
        let batch = operations.batch.ids
        var waiting: [UserID] = []
        var pages = StoredIDs(operations: operations)
        while let ids = try await pages.next() {
            waiting += ids.filter(stored.isMissing)
            while waiting.count >= batch {
                try await remove(Array(waiting.prefix(batch)))
                waiting.removeFirst(batch)
            }
        }
        if !waiting.isEmpty { try await remove(waiting) }
        intake.progress.end("\(removals.removed.grouped) of \(removals.missing.grouped) removed")
    }

    private mutating func remove(_ ids: [UserID]) async throws {
        let removal = RemoveUsers(ids, unlessAddedSince: began, part: part(isLast: false))
        let answers = isTrial ? ids.map { _ in Removal.removed } : try await operations.perform(removal)
        for (id, answer) in zip(ids, answers) where answer == .removed {
            removals.removed += 1
            if showsRows {
                intake.progress.clear()
                StandardOutput.write(isTrial ? "\(id): would be removed\n" : "\(id): removed\n")
            } else {
                removals.removedUsers.append(id.rawValue)
            }
        }
        let (removed, missing) = (removals.removed, removals.missing)
        intake.progress.show(
            share: Double(removed) / Double(max(1, missing)), "\(removed.grouped) of \(missing.grouped) removed")
    }

    private func part(isLast: Bool, obstacle: String? = nil) -> ImportPart {
        ImportPart(id: intake.outcome.id, isLast: isLast, kind: .synced, obstacle: obstacle)
    }
}

/// The ids of all stored users in order, page by page.
struct StoredIDs {
    private static let page = 10_000

    let operations: any OperationPerforming
    private(set) var last: UserID?
    private(set) var isAtEnd = false

    /// Nil after the last page.
    mutating func next() async throws -> [UserID]? {
        guard !isAtEnd else { return nil }
        let ids = try await operations.perform(ListIDs(after: last, limit: Self.page))
        isAtEnd = ids.count < Self.page
        last = ids.last
        return ids
    }
}

/// Why a sync removes no user, although the file does not name all stored users.
struct SyncObstacle {
    /// The obstacle in words, also for the journal.
    let reason: String
    /// How to lift it; nil if that is impossible.
    var remedy: String?
    /// Whether a yes of the user lifts it.
    var mayBeConfirmed = false
}
