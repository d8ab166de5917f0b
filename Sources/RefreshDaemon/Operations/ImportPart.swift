package import RefreshCore

/// Which work some users belong to that is asked for in pieces, so that the journal tells of it once.
package struct ImportPart: Sendable, Equatable {
    /// What is done, as the journal tells it.
    package enum Kind: String, Codable, Sendable, CaseIterable {
        case imported = "import"
        /// Users are put and removed until they are those of a file.
        case synced = "sync"
        case removed = "remove"
        /// Users are moved to another group.
        case regrouped = "group"
    }

    /// Chosen at random by whoever asks; 1 to 64 characters.
    package let id: String
    package let isLast: Bool
    package let kind: Kind
    /// Why a sync removes nobody although it may have to, fit for a log line; nil where nothing keeps it.
    package let obstacle: String?

    /// What an obstacle is cut to.
    package static let longestObstacle = 300

    /// `obstacle` is sanitised and cut; one without anything visible is none.
    package init(id: String, isLast: Bool, kind: Kind = .imported, obstacle: String? = nil) {
        self.id = id
        self.isLast = isLast
        self.kind = kind
        let text = obstacle?.sanitized(limit: Self.longestObstacle) ?? ""
        self.obstacle = text.isEmpty ? nil : text
    }
}

/// How users are removed.
package struct RemovalTerms: Sendable, Equatable {
    /// Who was added at this moment or later stays.
    package var unlessAddedSince: Timestamp?
    /// Nil for what is the whole: then, and after the last part, the files are swept.
    package var part: ImportPart?

    package init(unlessAddedSince: Timestamp? = nil, part: ImportPart? = nil) {
        self.unlessAddedSince = unlessAddedSince
        self.part = part
    }
}
