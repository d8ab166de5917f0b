/// Which import some users belong to that are put in pieces, so that the journal tells of it once.
package struct ImportPart: Sendable, Equatable {
    /// Chosen at random by whoever imports; 1 to 64 characters.
    package let id: String
    package let isLast: Bool

    package init(id: String, isLast: Bool) {
        self.id = id
        self.isLast = isLast
    }
}
