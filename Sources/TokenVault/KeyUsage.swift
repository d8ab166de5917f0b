import RefreshCore

/// How many of a store's tokens are sealed with which key.
package struct KeyUsage: Equatable, Sendable {
    package fileprivate(set) var tokens: [KeyID: Int] = [:]
    /// Given up, as their key was lost: their users wait for a new token.
    package fileprivate(set) var givenUp = 0
    /// In no form that this version knows.
    package fileprivate(set) var unreadable = 0

    package init() {}

    mutating func add(_ text: SealedToken, in keys: KeyRing) {
        if text.isGivenUp {
            givenUp += 1
        } else if let id = keys.keyID(of: text) {
            tokens[id, default: 0] += 1
        } else {
            unreadable += 1
        }
    }
}
