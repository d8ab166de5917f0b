import RefreshConfiguration
import RefreshCore
import SQLiteStore
import TokenVault

/// Opens the store with the keys at hand, or says why it cannot be used; a key that does not fit changes nothing.
enum StoreOpening {
    struct Opened {
        let store: SQLiteUserStore
        let vault: TokenSealer
    }

    static func open(_ settings: StoreSettings, keys: KeyRing) async throws -> Opened {
        let path = settings.sqlitePath
        try StoreOwner.assume(for: path)
        let check = KeyCheck(keys: keys)
        var wantsSentinel = true
        let store = try SQLiteUserStore.open(path: path, version: Version.text) { sentinel throws(StoreProblem) in
            guard let sentinel else { return }
            switch check.verify(sentinel) {
            case .fits: wantsSentinel = false
            case .doesNotFit(let sealedWith, let atHand):
                throw .keyDoesNotFit(place: path, sealedWith: sealedWith, atHand: atHand)
            case .unreadable: throw .notAStore(place: path, detail: "its key check is damaged")
            }
        }
        if wantsSentinel { try await store.setKeyCheck(try check.makeSentinel()) }
        return Opened(store: store, vault: TokenSealer(keys: keys))
    }
}
