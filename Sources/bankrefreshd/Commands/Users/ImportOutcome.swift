import RefreshCore
import RefreshDaemon

/// What an import did.
struct ImportOutcome: Encodable {
    struct BadRow: Encodable {
        let line: Int
        let problem: String
    }

    private enum CodingKeys: CodingKey {
        case added, replaced, released, problems, notices
    }

    /// Tells the daemon which pieces belong together.
    let id = String(UInt64.random(in: .min ... .max), radix: 36)
    var added = 0
    var replaced = 0
    var released = 0
    var problems: [BadRow] = []
    var notices: [String] = []
    /// Those that users came with.
    var groups: Set<GroupName> = []

    mutating func count(_ answers: [PutAnswer]) {
        for answer in answers {
            switch answer {
            case .added: added += 1
            case .replaced: replaced += 1
            case .released: released += 1
            }
        }
    }

    var kept: Int { added + replaced + released }

    var keptText: String {
        "\(Count.of(kept, "user")) kept: \(added) added, \(replaced + released) with a new token"
            + (released > 0 ? " (\(released) of them no longer parked)" : "")
            + "; \(Count.of(problems.count, "row")) refused"
    }
}
