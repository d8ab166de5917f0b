import RefreshCore

/// The larger operation that a request is part of.
///
/// The journal reports that operation once.
package struct ImportPart: Sendable, Equatable {
    /// The kind of operation, as in the journal.
    package enum Kind: String, Word {
        case imported = "import"
        /// Users are added, changed and removed until they match a file.
        case synced = "sync"
        case removed = "remove"
        /// Users are moved to another group.
        case regrouped = "group"
    }

    /// The same for all parts.
    ///
    /// The client chooses it at random; 1 to 64 characters.
    package let id: String
    package let isLast: Bool
    package let kind: Kind
    /// Why a sync removes no users although some are missing from the file, for the journal; nil if it may remove them.
    package let obstacle: String?

    /// The length that an obstacle is truncated to.
    package static let longestObstacle = 300

    /// `obstacle` is sanitised and truncated; one without visible characters becomes nil.
    package init(id: String, isLast: Bool, kind: Kind = .imported, obstacle: String? = nil) {
        self.id = id
        self.isLast = isLast
        self.kind = kind
        let text = obstacle?.sanitized(limit: Self.longestObstacle) ?? ""
        self.obstacle = text.isEmpty ? nil : text
    }
}

extension ImportPart: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable { case id, last, kind, obstacle }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let id = try container.decode(String.self, forKey: .id)
        guard (1...64).contains(id.utf8.count) else {
            throw FieldProblem(container.codingPath + [CodingKeys.id], "\(id.utf8.count) bytes; 1 to 64 are allowed")
        }
        self.init(
            id: id, isLast: try container.decode(Bool.self, forKey: .last),
            kind: try container.decodeIfPresent(Kind.self, forKey: .kind) ?? .imported,
            obstacle: try container.decodeIfPresent(String.self, forKey: .obstacle))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(isLast, forKey: .last)
        if kind != .imported { try container.encode(kind, forKey: .kind) }
        try container.encodeIfPresent(obstacle, forKey: .obstacle)
    }
}
