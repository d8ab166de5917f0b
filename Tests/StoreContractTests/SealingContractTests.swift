import RefreshCore
import Testing

/// What happens to sealed tokens while keys change.
@Suite struct SealingContractTests {
    @Test(arguments: Backend.allCases)
    func `key checks are replaced as a whole, and only by who knows them`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let (one, two, three) = (SealedToken.random(), SealedToken.random(count: 300), SealedToken.random())
            let first = try await opened.store.setKeyChecks([one], replacing: [])
            #expect(first)
            let late = try await opened.store.setKeyChecks([two], replacing: [])
            #expect(!late)
            let further = try await opened.store.setKeyChecks([three, two, one], replacing: [one])
            #expect(further)
            let second = try await opened.reopened()
            let kept = try await second.store.marks()
            #expect(kept.keyChecks == [three, two, one])
            let last = try await second.store.setKeyChecks([three], replacing: [three, two, one])
            #expect(last)
            let third = try await second.reopened().store.marks()
            #expect(third.keyChecks == [three])
        }
    }

    @Test(arguments: Backend.allCases, [1, 7, 1_000])
    func `a walk over sealed tokens meets everybody once, in the order of their places`(
        backend: Backend, limit: Int
    ) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let none = try await store.sealedTexts(after: nil, limit: limit)
            #expect(none.isEmpty)
            let users = try (0..<40).map { try NewUser("user \($0)") }
            let put = try await store.put(users)
            var met: [SealedText] = []
            while true {
                let page = try await store.sealedTexts(after: met.last?.place, limit: limit)
                if page.isEmpty { break }
                #expect(page.count <= limit)
                met += page
            }
            #expect(met.map(\.place) == put.map(\.user.place).sorted())
            let tokens = Dictionary(uniqueKeysWithValues: users.map { ($0.id, $0.token) })
            #expect(met.allSatisfy { $0.sealed == tokens[$0.id] && $0.kind == .access })
        }
    }

    @Test(arguments: Backend.allCases)
    func `a token is sealed anew under a lease, and neither revision nor version move`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let before = try await store.add("a")
            let leased = try await store.leaseAll()
            let text = try #require(try await store.sealedTexts(after: nil, limit: 1).first)
            let new = SealedToken.random()
            let count = try await store.reseal([(text, new)])
            #expect(count == 1)
            let after = try await store.user("a")
            #expect(after == before)
            let results = try await store.settle(leased.map { $0.settlement(due: .now) })
            #expect(results == [.settled])
            let next = try await store.leaseAll()
            #expect(next.map(\.token) == [new])
        }
    }

    @Test(arguments: Backend.allCases)
    func `a token that was replaced meanwhile is not touched, nor somebody else's`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.put([NewUser("a"), NewUser("b"), NewUser("c")])
            let texts = try await store.sealedTexts(after: nil, limit: 3)
            let replacement = try NewUser("b")
            try await store.put([replacement])
            let removed = try await store.remove(UserID("c"))
            #expect(removed)
            let new = SealedToken.random()
            let count = try await store.reseal(texts.map { ($0, new) })
            #expect(count == 1)
            let leased = try await store.leaseAll()
            let tokens = Dictionary(uniqueKeysWithValues: leased.map { ($0.user.id.rawValue, $0.token) })
            #expect(tokens == ["a": new, "b": replacement.token])
        }
    }
}
