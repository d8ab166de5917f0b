/// Users with a refresh token that was stored by a given time.
package struct RefreshTokenHolders: Equatable, Sendable {
    package var count: Int
    /// The first of them, by id.
    package var first: [UserID]

    package init(count: Int = 0, first: [UserID] = []) {
        self.count = count
        self.first = first
    }
}
