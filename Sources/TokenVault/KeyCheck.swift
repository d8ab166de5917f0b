package import RefreshCore

/// Tells whether the keys at hand are those that a store was written with, before any token is touched.
package struct KeyCheck: Sendable {
    package enum Verdict: Equatable, Sendable {
        case fits
        /// Key ids as printed by `key generate`.
        case doesNotFit(sealedWith: String, atHand: [String])
        /// The sentinel itself was altered or cut, or a newer version wrote it: no key can be judged by it.
        case unreadable
    }

    private static let text = Array("bankrefreshd key check".utf8)

    private let keys: KeyRing

    package init(keys: KeyRing) {
        self.keys = keys
    }

    /// A sentinel, for the store to keep; made anew whenever the sealing key changes.
    package func makeSentinel() throws -> SealedToken {
        try keys.seal(Self.text, in: .keyCheck)
    }

    /// Judges all the checks of a store: the first that does not fit tells.
    package func verify(_ sentinels: [SealedToken]) -> Verdict {
        sentinels.lazy.map(verify).first { $0 != .fits } ?? .fits
    }

    /// The checks that a store must hold before these keys seal anything for it; nil when it holds them already.
    package func completing(_ sentinels: [SealedToken]) throws -> [SealedToken]? {
        let isThere = sentinels.contains { keys.keyID(of: $0) == keys.sealing.id }
        return isThere ? nil : [try makeSentinel()] + sentinels
    }

    package func verify(_ sentinel: SealedToken) -> Verdict {
        do throws(TokenSealProblem) {
            return try keys.open(sentinel, in: .keyCheck).elementsEqual(Self.text) ? .fits : .unreadable
        } catch {
            switch error {
            case .unknownKey(let id): return .doesNotFit(sealedWith: id, atHand: keys.ids.map(\.description))
            case .notAuthentic, .unknownFormat: return .unreadable
            }
        }
    }
}
