import RefreshCore
import Testing

/// Looking at tokens, and putting users by what was seen of them.
@Suite struct TokensContractTests {
    @Test(arguments: Backend.allCases)
    func `tokens come in the order that they are asked in, with what was said of them`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let plain = try NewUser("a")
            let whole = NewUser(
                id: try UserID("b"), group: GroupName("gold"), token: .random(), refreshToken: .random(),
                expiresAt: .second(9))
            try await store.put([plain, whole])
            try await store.put([whole])
            let tokens = try await store.tokens(of: [whole.id, UserID("nobody"), plain.id, whole.id])
            let expected = StoredToken(
                access: whole.token, refresh: whole.refreshToken, version: 2, expiresAt: .second(9),
                group: GroupName("gold"))
            #expect(
                tokens == [
                    expected, nil,
                    StoredToken(access: plain.token, refresh: nil, version: 1, expiresAt: nil, group: nil), expected,
                ])
            let none = try await store.tokens(of: [])
            #expect(none.isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a token comes with the moment at which it was issued`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let id = try await opened.store.add("a").id
            _ = try await opened.store.update(id) { RenewalPlan.planned($0, issuedAt: .second(7), expiresAt: nil) }
            #expect(try await opened.store.tokens(of: [id])[0]?.issuedAt == .second(7))
        }
    }

    @Test(arguments: Backend.allCases)
    func `the token of a user is found at whatever place it stands`(backend: Backend) async throws {
        let place = try #require(Place(rawValue: 7))
        try await backend.withStore(placing: { _ in place }) { opened in
            let store = opened.store
            let users = try (0..<20).map { try NewUser("user \($0)") }
            try await store.put(users)
            // The first place is free now, and the others are not at theirs.
            _ = try await store.remove(users[0].id)
            let tokens = try await store.tokens(of: users.map(\.id))
            #expect(tokens.map { $0?.access } == [nil] + users.dropFirst().map(\.token))
        }
    }

    @Test(arguments: Backend.allCases)
    func `the tokens of many thousands are read at once`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let users = try (0..<12_001).map { try NewUser("user \($0)", token: .random(count: 16)) }
            try await opened.store.put(users)
            let tokens = try await opened.store.tokens(of: users.reversed().map(\.id))
            #expect(tokens.map { $0?.access } == users.reversed().map(\.token))
        }
    }

    @Test(arguments: Backend.allCases)
    func `what was decided from another token than the stored one is left out`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let kept = try NewUser("a")
            try await store.put([kept, NewUser("b")])
            func new(_ id: String, basis: Int64) throws -> NewUser {
                NewUser(id: try UserID(id), group: nil, token: .random(), expiresAt: nil, basis: basis)
            }
            let rows = try [new("a", basis: 0), new("a", basis: 2), new("b", basis: 1), new("c", basis: 1)]
            let results = try await store.put(rows)
            #expect(results[0] == .superseded && results[1] == .superseded && results[3] == .superseded)
            #expect(results[2].user.tokenVersion == 2)
            let tokens = try await store.tokens(of: rows.map(\.id))
            #expect(tokens.map { $0?.access } == [kept.token, kept.token, rows[2].token, nil])
            let added = try await store.put([new("c", basis: 0)])
            #expect(added[0].user.tokenVersion == 1)
        }
    }
}
