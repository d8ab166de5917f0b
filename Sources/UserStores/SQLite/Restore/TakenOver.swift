package import RefreshCore

/// What a restored store took over from the store before, and where they differ.
package struct TakenOver: Equatable, Sendable {
    /// Users that are in both.
    package var users = 0
    /// Users of the backup that had been removed since: they are paused now.
    package var removed = 0
    package var firstRemoved: [UserID] = []
    /// Users that were added since: they are in the store before alone.
    package var added = 0
    package var firstAdded: [UserID] = []
}
