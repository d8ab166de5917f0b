import RefreshCore
import RefreshDaemon

/// What a sync did.
struct SyncOutcome: Encodable {
    private enum CodingKeys: CodingKey {
        case added, replaced, released, unopened, updated, unchanged, removed, missing, removedUsers, obstacle
        case isDryRun, problems, notices
    }

    var rows = ImportOutcome()
    let isDryRun: Bool
    /// Users that are stored and not in the file.
    var missing = 0
    var removed = 0
    /// Kept for JSON alone.
    var removedUsers: [String] = []
    /// Why nobody was removed who is missing.
    var obstacle: String?

    var counts: PutCounts { rows.counts }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(counts.added, forKey: .added)
        try container.encode(counts.replaced, forKey: .replaced)
        try container.encode(counts.released, forKey: .released)
        try container.encode(counts.unopened, forKey: .unopened)
        try container.encode(counts.updated, forKey: .updated)
        try container.encode(counts.unchanged, forKey: .unchanged)
        try container.encode(removed, forKey: .removed)
        try container.encode(missing, forKey: .missing)
        try container.encode(removedUsers, forKey: .removedUsers)
        try container.encodeIfPresent(obstacle, forKey: .obstacle)
        try container.encode(isDryRun, forKey: .isDryRun)
        try container.encode(rows.problems, forKey: .problems)
        try container.encode(rows.notices, forKey: .notices)
    }

    var keptText: String { "\(rows.keptText); \(Count.of(removed, "user")) removed" }
}
