import RefreshCore
import RefreshDaemon

/// What a sync did.
struct SyncOutcome: Encodable {
    /// Besides those of the rows.
    private enum CodingKeys: CodingKey {
        case removed, missing, removedUsers, missingUsers, obstacle, isDryRun
    }

    var rows = ImportOutcome()
    let isDryRun: Bool
    /// Users that are stored and not in the file.
    var missing = 0
    var removed = 0
    /// Kept for JSON alone.
    var removedUsers: [String] = []
    /// Who is missing and stays, because of an obstacle that can be lifted; all of them are kept for JSON alone.
    var missingUsers: [String] = []
    /// Why nobody was removed who is missing.
    var obstacle: String?

    var counts: PutCounts { rows.counts }

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

    /// Some of them, a line each; empty where there are none.
    var missingText: String {
        guard !missingUsers.isEmpty else { return "" }
        let others = missing - missingUsers.count
        return missingUsers.map { "  would go: \($0)\n" }.joined()
            + (others > 0 ? "  and \(Count.of(others, "other")); --json names them all\n" : "")
    }

    var keptText: String { "\(rows.keptText); \(Count.of(removed, "user")) removed" }
}
