/// What became of one user that was to follow another group.
package enum RegroupAnswer: String, Codable, Sendable, CaseIterable {
    case regrouped
    /// It followed that group already.
    case unchanged
    case noSuchUser
}
