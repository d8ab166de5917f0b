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
        var pages = StoredIDs(operations)
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
        if let found = obstacle, found.isLiftable {
            try await nameMissing()
            if case .limit = found, isMeant(found) { obstacle = nil }
        }
        removals.obstacle = obstacle?.description
        if obstacle == nil, removals.missing > 0 { try await removeMissing() }
        // Ends the part that the journal reports as one, and starts the sweep of the store's files.
        if !isTrial {
            _ = try await operations.perform(RemoveUsers([], part: part(isLast: true, obstacle: obstacle?.reason)))
        }
    }

    private func obstacle(_ limit: RemovalLimit, _ allowsIncomplete: Bool, _ name: String) -> SyncObstacle? {
        switch refusal {
        case nil: break
        case .empty?, .noUsers?: if !allowsIncomplete { return .namesNobody }
        case let refusal?: return .unreadable(refusal)
        }
        let refused = intake.outcome.problems.count
        if refused > 0, !allowsIncomplete { return .refusedRows(refused) }
        guard stored.missing > limit.count(of: stored.count) else { return nil }
        return .limit(missing: stored.missing, stored: stored.count, limit, file: name)
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
        var pages = StoredIDs(operations)
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
        var pages = StoredIDs(operations)
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

    private let operations: any OperationPerforming
    private var last: UserID?
    private var isAtEnd = false

    init(_ operations: any OperationPerforming) {
        self.operations = operations
    }

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
enum SyncObstacle: CustomStringConvertible {
    case namesNobody
    case refusedRows(Int)
    case unreadable(ImportRefusal)
    case limit(missing: Int, stored: Int, RemovalLimit, file: String)

    /// The obstacle in words, also for the journal.
    var reason: String {
        switch self {
        case .namesNobody: "the file names no users"
        case .refusedRows(let count): "\(count.counted("row")) refused, so the file may lack users"
        case .unreadable(let refusal): refusal.description
        case .limit(let missing, let stored, let limit, let file):
            "\(missing) of \(stored.counted("stored user")) (\(Self.text(Double(missing) * 100 / Double(stored))) %)"
                + " are not in \(file), and --remove-at-most is \(limit)"
        }
    }

    /// How to lift the obstacle; nil if that is impossible.
    private var remedy: String? {
        switch self {
        case .namesNobody: "if this is intended: --allow-incomplete"
        case .refusedRows: "fix it, or give --allow-incomplete"
        case .unreadable: nil
        case .limit(let missing, _, _, _): "if this is intended: --remove-at-most \(missing)"
        }
    }

    /// Whether the user may confirm the removal.
    var isLiftable: Bool { remedy != nil }

    var description: String { reason + (remedy.map { "; \($0)" } ?? "") }

    private static func text(_ percent: Double) -> String {
        let tenths = Int((percent * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}
