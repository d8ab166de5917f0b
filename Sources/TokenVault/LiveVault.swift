package import RefreshCore
import Synchronization

/// A vault whose keys can be exchanged while it is at work: what was begun ends with the keys of its beginning.
package final class LiveVault: TokenSealing {
    private let sealer: Mutex<TokenSealer>

    package init(keys: KeyRing) {
        sealer = Mutex(TokenSealer(keys: keys))
    }

    package var keys: KeyRing { current.keys }

    var current: TokenSealer { sealer.withLock(\.self) }

    func replace(by keys: KeyRing) {
        sealer.withLock { $0 = TokenSealer(keys: keys) }
    }

    package func seal(_ token: AccessToken, as kind: TokenKind, for id: UserID) throws -> SealedToken {
        try current.seal(token, as: kind, for: id)
    }

    package func open(_ sealed: SealedToken, as kind: TokenKind, for id: UserID) throws(TokenSealProblem)
        -> AccessToken
    {
        try current.open(sealed, as: kind, for: id)
    }
}
