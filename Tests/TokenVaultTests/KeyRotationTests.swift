import RefreshCore
import Synchronization
import TestSupport
import Testing
import TokenVault

struct KeyRotationTests {
    /// A store whose letting go of a key waits for the test, as one does that is busy.
    private final class SlowStore: SealedTokenKeeping {
        private let store = MemoryUserStore()
        private let arrival = AsyncStream<Void>.makeStream()
        private let departure = AsyncStream<Void>.makeStream()

        func waitForLettingGo() async {
            for await _ in arrival.stream { return }
        }

        func goOn() { departure.continuation.yield() }

        func setKeyChecks(_ checks: [SealedToken], replacing old: [SealedToken]) async throws(StoreProblem) -> Bool {
            if checks.count < old.count {
                arrival.continuation.yield()
                for await _ in departure.stream { break }
            }
            return try await store.setKeyChecks(checks, replacing: old)
        }

        func marks() async throws(StoreProblem) -> StoreMarks { try await store.marks() }
        func setEnvironment(_ address: String) async throws(StoreProblem) { try await store.setEnvironment(address) }
        func setHasGivenUpTokens(_ hasThem: Bool) async throws(StoreProblem) {
            try await store.setHasGivenUpTokens(hasThem)
        }
        func sealedTexts(after: Place?, limit: Int) async throws(StoreProblem) -> [SealedText] {
            try await store.sealedTexts(after: after, limit: limit)
        }
        func reseal(_ changes: [Resealing]) async throws(StoreProblem) -> Int { try await store.reseal(changes) }
        func truncateLog() async throws(StoreProblem) { try await store.truncateLog() }
    }

    @Test(.timeLimit(.minutes(1)))
    func `keys that come while an old one is let go of are taken afterwards`() async throws {
        let (old, new) = (try TestKeys.key(1), try TestKeys.key(2))
        let store = SlowStore()
        let vault = LiveVault(keys: KeyRing(sealing: old))
        let rotation = KeyRotation(store: store, address: "a store", vault: vault, events: EventLog())
        let both = KeyRing(sealing: new, opening: [old])
        try await rotation.reload { KeyRing(sealing: old) }
        try await rotation.reload { both }
        #expect(try await store.marks().keyChecks.count == 2)

        async let walk = rotation.walk()
        await store.waitForLettingGo()
        async let reload: Void = rotation.reload { both }
        // Time for the reload to come to the actor; should it come later, it finds nothing in its way.
        for _ in 0..<100 { await Task.yield() }
        store.goOn()
        _ = try await walk
        try await reload
        #expect(vault.keys.ids == both.ids)
        #expect(try await !rotation.isUnfinished())
    }
}
