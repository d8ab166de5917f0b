import Glibc
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

    /// Waits up to `patience` for another process to be done with the store: a command in passing, say.
    static func open(_ settings: StoreSettings, keys: KeyRing, patience: Duration) async throws -> Opened {
        let deadline = ContinuousClock.now + patience
        while true {
            do {
                return try await open(settings, keys: keys, cache: 4_000)
            } catch let problem as StoreProblem {
                guard case .heldByAnother = problem, ContinuousClock.now < deadline else { throw problem }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// For a command: an import works all over the file, and memory that it does not need it does not take.
    static func open(_ settings: StoreSettings, keys: KeyRing) async throws -> Opened {
        try await open(settings, keys: keys, cache: 64_000)
    }

    private static func open(_ settings: StoreSettings, keys: KeyRing, cache: Int) async throws -> Opened {
        let path = settings.sqlitePath
        let directory = DirectoryPath.of(path)
        if access(directory, F_OK) != 0, errno == ENOENT || errno == ENOTDIR {
            throw CommandFailure(
                .configuration, "store.sqlite.path: there is no directory \(directory)",
                remedy: "make it, for the daemon's user alone: install -d -m 0700 -o bankrefreshd \(directory)")
        }
        try StoreOwner.assume(for: path)
        let check = KeyCheck(keys: keys)
        var wantsSentinel = true
        let store = try SQLiteUserStore.open(path: path, version: Version.text, cache: cache) {
            sentinel throws(StoreProblem) in
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
