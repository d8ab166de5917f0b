import RefreshCore
import Testing

@testable import TokenVault

struct TokenSealerTests {
    private let alice: UserID
    private let sealer = TokenSealer(keys: KeyRing(sealing: .generate()))

    init() throws {
        alice = try UserID("alice")
    }

    @Test(arguments: [1, 2, 15, 16, 17, 97, 1_000, AccessToken.longest])
    func `opens what it sealed`(length: Int) throws {
        for name in ["a", "alice", "Zoë 42", String(repeating: "x", count: UserID.longest)] {
            let id = try UserID(name)
            let token = try TestKeys.token(length)
            #expect(try sealer.open(sealer.seal(token, as: .access, for: id), as: .access, for: id) == token)
        }
    }

    @Test func `seals the same token differently each time`() throws {
        let token = try TestKeys.token()
        #expect(try sealer.seal(token, as: .access, for: alice) != sealer.seal(token, as: .access, for: alice))
    }

    @Test(arguments: [0, 1, 20, 21, 22, 500])
    func `many are sealed as each would be, no two with one nonce`(count: Int) throws {
        let tokens = try (0..<count).map { number in
            TokenToSeal(
                token: try TestKeys.token(number % 3 + 1), kind: number % 2 == 0 ? .access : .refresh,
                id: try UserID("user \(number / 2)"))
        }
        let sealed = try sealer.seal(tokens) + LiveVault(keys: sealer.keys).seal(tokens)
        #expect(sealed.count == 2 * count)
        for (token, sealed) in zip(tokens + tokens, sealed) {
            #expect(try sealer.open(sealed, as: token.kind, for: token.id) == token.token)
        }
        #expect(Set(sealed.map { $0.bytes[5..<17] }).count == 2 * count)
        #expect(sealed.allSatisfy { !$0.bytes[5..<17].allSatisfy { $0 == 0 } })
    }

    @Test func `adds 33 bytes and shows nothing of the token`() throws {
        let token = try TestKeys.token()
        let sealed = try sealer.seal(token, as: .access, for: alice)
        #expect(sealed.bytes.count == 97 + 33)
        token.secret.withBytes { #expect(!sealed.bytes.contains($0.prefix(8))) }
    }

    @Test func `refuses a sealed token in which any bit is flipped`() throws {
        let sealed = try sealer.seal(TestKeys.token(), as: .access, for: alice)
        for index in sealed.bytes.indices {
            for bit in 0..<8 {
                var bytes = sealed.bytes
                bytes[index] ^= 1 << bit
                let problem = #expect(throws: TokenSealProblem.self) {
                    try sealer.open(SealedToken(bytes: bytes), as: .access, for: alice)
                }
                switch (index, problem) {
                case (0, .unknownFormat), (1...4, .unknownKey), (5..., .notAuthentic): break
                default: Issue.record("byte \(index): \(String(describing: problem))")
                }
            }
        }
    }

    @Test func `refuses a sealed token that was cut or lengthened`() throws {
        let sealed = try sealer.seal(TestKeys.token(), as: .access, for: alice)
        for length in 1..<sealed.bytes.count {
            #expect(throws: TokenSealProblem.notAuthentic) {
                try sealer.open(SealedToken(bytes: Array(sealed.bytes.prefix(length))), as: .access, for: alice)
            }
        }
        #expect(throws: TokenSealProblem.unknownFormat) {
            try sealer.open(SealedToken(bytes: []), as: .access, for: alice)
        }
        #expect(throws: TokenSealProblem.notAuthentic) {
            try sealer.open(SealedToken(bytes: sealed.bytes + [0]), as: .access, for: alice)
        }
    }

    @Test(arguments: ["bob", "alic", "alicea", "Alice", "ALICE"])
    func `refuses another user's sealed token`(name: String) throws {
        let sealed = try sealer.seal(TestKeys.token(), as: .access, for: alice)
        let other = try UserID(name)
        #expect(throws: TokenSealProblem.notAuthentic) { try sealer.open(sealed, as: .access, for: other) }
    }

    @Test func `keeps ids apart that look the same`() throws {
        let composed = try UserID("Zo\u{EB}")
        let decomposed = try UserID("Zoe\u{308}")
        let sealed = try sealer.seal(TestKeys.token(), as: .access, for: composed)
        #expect(throws: TokenSealProblem.notAuthentic) { try sealer.open(sealed, as: .access, for: decomposed) }
    }

    @Test func `seals with the first key and opens with all`() throws {
        let old = try TestKeys.key(1)
        let new = try TestKeys.key(2)
        let token = try TestKeys.token()
        let rotated = TokenSealer(keys: KeyRing(sealing: new, opening: [old]))
        let sealedByOld = try TokenSealer(keys: KeyRing(sealing: old)).seal(token, as: .access, for: alice)
        #expect(try rotated.open(sealedByOld, as: .access, for: alice) == token)
        let sealedByNew = try rotated.seal(token, as: .access, for: alice)
        #expect(try TokenSealer(keys: KeyRing(sealing: new)).open(sealedByNew, as: .access, for: alice) == token)
        #expect(throws: TokenSealProblem.unknownKey(id: new.id.description)) {
            try TokenSealer(keys: KeyRing(sealing: old)).open(sealedByNew, as: .access, for: alice)
        }
    }

    /// Key, id and sealed token come from another AES-GCM, that of Python's `cryptography`.
    @Test func `opens what another implementation sealed`() throws {
        let key = try #require(
            StoreKey(TestKeys.bytes(hex: "fb2ba1ee031edd4f96cbfc9d7086ce1c5f510afcffd34a99df428a4b87704dfd"))
        )
        let sealed = SealedToken(
            bytes: TestKeys.bytes(
                hex: "010b3484d9cf07140eaa82b4a95fe9e172d23d347085b2d9590e2762ce8b6bd6"
                    + "63e060968773199a3784d1bc11b8aa8cf55a22db60aa872b7b"
            )
        )
        let token = try AccessToken("known-answer.token_1~+/=".utf8)
        #expect(key.id.description == "0b3484d9")
        let opened = try TokenSealer(keys: KeyRing(sealing: key)).open(sealed, as: .access, for: UserID("Zo\u{EB}-42"))
        #expect(opened == token)
    }
}
