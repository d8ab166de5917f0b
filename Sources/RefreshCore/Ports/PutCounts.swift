/// Counts of the written users, by result.
package struct PutCounts: Equatable, Sendable {
    package var added: Int
    /// Stored before, and given a new token.
    package var replaced: Int
    /// As `replaced`, and no longer parked.
    package var released: Int
    /// Given a new token because the stored one could not be opened to compare it.
    package var unopened: Int
    /// Their token is the same; their group or its expiry is not.
    package var updated: Int
    /// Left as they are, in all respects.
    package var unchanged: Int

    package init(
        added: Int = 0, replaced: Int = 0, released: Int = 0, unopened: Int = 0, updated: Int = 0, unchanged: Int = 0
    ) {
        self.added = added
        self.replaced = replaced
        self.released = released
        self.unopened = unopened
        self.updated = updated
        self.unchanged = unchanged
    }

    /// Users that have a new token in the place of an old one.
    package var withNewToken: Int { replaced + released + unopened }

    package var all: Int { added + withNewToken + updated + unchanged }
}
