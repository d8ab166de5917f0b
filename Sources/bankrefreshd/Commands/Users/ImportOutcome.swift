import RefreshCore
import RefreshDaemon

/// What an import did.
struct ImportOutcome: Encodable {
    struct BadRow: Encodable {
        let line: Int
        let problem: String
    }

    private enum CodingKeys: CodingKey {
        case added, replaced, released, unopened, updated, unchanged, problems, notices
    }

    /// Tells the daemon which pieces belong together.
    let id = String(UInt64.random(in: .min ... .max), radix: 36)
    var counts = PutCounts()
    var problems: [BadRow] = []
    var notices: [String] = []
    /// Those that users came with.
    var groups: Set<GroupName> = []

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(counts.added, forKey: .added)
        try container.encode(counts.replaced, forKey: .replaced)
        try container.encode(counts.released, forKey: .released)
        try container.encode(counts.unopened, forKey: .unopened)
        try container.encode(counts.updated, forKey: .updated)
        try container.encode(counts.unchanged, forKey: .unchanged)
        try container.encode(problems, forKey: .problems)
        try container.encode(notices, forKey: .notices)
    }

    var keptText: String {
        "\(Count.of(counts.all, "user")) kept: \(counts.text); \(Count.of(problems.count, "row")) refused"
    }
}
