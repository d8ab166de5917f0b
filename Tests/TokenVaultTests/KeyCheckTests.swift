import RefreshCore
import Testing
import TokenVault

struct KeyCheckTests {
    private static let damaged = StoreProblem.notAStore(place: "a store", detail: "its key check is damaged")

    @Test func `fits the keys that made it`() throws {
        let (old, new) = try (TestKeys.key(1), TestKeys.key(2))
        let sentinel = try KeyCheck(keys: KeyRing(sealing: old)).makeSentinel()
        try KeyCheck(keys: KeyRing(sealing: old)).verify([sentinel], of: "a store")
        try KeyCheck(keys: KeyRing(sealing: new, opening: [old])).verify([sentinel], of: "a store")
    }

    @Test func `names the key it was sealed with and the keys at hand`() throws {
        let (old, new, newer) = try (TestKeys.key(1), TestKeys.key(2), TestKeys.key(3))
        let sentinel = try KeyCheck(keys: KeyRing(sealing: old)).makeSentinel()
        let problem = StoreProblem.keyDoesNotFit(
            place: "a store", sealedWith: old.id.description, atHand: [newer.id.description, new.id.description])
        #expect(throws: problem) {
            try KeyCheck(keys: KeyRing(sealing: newer, opening: [new])).verify([sentinel], of: "a store")
        }
    }

    @Test func `tells a damaged sentinel from a wrong key`() throws {
        let check = KeyCheck(keys: KeyRing(sealing: .generate()))
        var bytes = try check.makeSentinel().bytes
        bytes[bytes.count - 1] ^= 1
        let damaged: [[UInt8]] = [bytes, [], [2] + bytes.dropFirst()]
        for bytes in damaged {
            #expect(throws: Self.damaged) { try check.verify([SealedToken(bytes: bytes)], of: "a store") }
        }
    }

    @Test func `takes no user's token for a sentinel, and no sentinel for a token`() throws {
        let keys = KeyRing(sealing: .generate())
        let (check, sealer) = (KeyCheck(keys: keys), TokenSealer(keys: keys))
        for name in ["key check", "bankrefreshd key check 1", "a"] {
            let id = try UserID(name)
            let token = try sealer.seal(TestKeys.token(22), as: .access, for: id)
            #expect(throws: Self.damaged) { try check.verify([token], of: "a store") }
            #expect(throws: TokenSealProblem.notAuthentic) {
                try sealer.open(check.makeSentinel(), as: .access, for: id)
            }
        }
    }

    /// Sealed by Python's `cryptography`.
    @Test func `fits a sentinel that another implementation sealed`() throws {
        let key = try #require(
            StoreKey(TestKeys.bytes(hex: "fb2ba1ee031edd4f96cbfc9d7086ce1c5f510afcffd34a99df428a4b87704dfd"))
        )
        let sentinel = SealedToken(
            bytes: TestKeys.bytes(
                hex: "010b3484d9e23ee6ba505a9dc0d0a29d20a664893f0710d4de4156298b67ba90"
                    + "6355d98824d8f1c4e7a9f81dbb05986414b9c68e8fd106"
            )
        )
        try KeyCheck(keys: KeyRing(sealing: key)).verify([sentinel], of: "a store")
    }
}
