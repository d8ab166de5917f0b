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

    package init(id: String, isLast: Bool, kind: Kind = .imported) {
        self.id = id
        self.isLast = isLast
        self.kind = kind
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
