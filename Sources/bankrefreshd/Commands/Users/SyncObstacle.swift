import UserImport

/// Why a sync removes nobody, although users are stored that its file does not name.
enum SyncObstacle: CustomStringConvertible {
    case namesNobody
    case refusedRows(Int)
    case unreadable(ImportRefusal)
    case limit(missing: Int, stored: Int, RemovalLimit, file: String)

    /// What is in the way, for the journal too.
    var reason: String {
        switch self {
        case .namesNobody: "the file names no users"
        case .refusedRows(let count): "\(Count.of(count, "row")) refused, so the file may lack users"
        case .unreadable(let refusal): refusal.description
        case .limit(let missing, let stored, let limit, let file):
            "\(missing) of \(Count.of(stored, "stored user")) (\(Self.text(Double(missing) * 100 / Double(stored))) %)"
                + " are not in \(file), and --remove-at-most is \(limit)"
        }
    }

    /// What sets it aside; nil where nothing does.
    private var remedy: String? {
        switch self {
        case .namesNobody: "if this is intended: --allow-incomplete"
        case .refusedRows: "fix it, or give --allow-incomplete"
        case .unreadable: nil
        case .limit(let missing, _, _, _): "if this is intended: --remove-at-most \(missing)"
        }
    }

    /// Whether somebody may say that the removal is meant.
    var isLiftable: Bool { remedy != nil }

    var description: String { reason + (remedy.map { "; \($0)" } ?? "") }

    private static func text(_ percent: Double) -> String {
        let tenths = Int((percent * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}
