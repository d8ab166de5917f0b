import RefreshCore
import Testing

/// What a store says of the backup that it came from, and whose tokens came with it.
@Suite struct RestorationContractTests {
    @Test(arguments: Backend.allCases)
    func `a restore is remembered as it was written`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let none = try await opened.store.restoration()
            #expect(none == nil)
            var restoration = StoreRestoration(takenAt: .second(1), restoredAt: .second(2))
            for (isTakenOver, isFollowed) in [(false, false), (true, false), (true, true)] {
                (restoration.isTakenOver, restoration.isFollowed) = (isTakenOver, isFollowed)
                try await opened.store.setRestoration(restoration)
                let kept = try await opened.store.restoration()
                #expect(kept == restoration)
            }
            let next = try await opened.reopened()
            let kept = try await next.store.restoration()
            #expect(kept == restoration)
        }
    }

    @Test(arguments: Backend.allCases)
    func `counts who has a refresh token that was stored by a moment, and names the first`(backend: Backend)
        async throws
    {
        try await backend.withStore { opened in
            let store = opened.store
            let issued: [(id: String, at: Timestamp?, hasOne: Bool)] = [
                ("d", .second(10), true), ("a", .second(-5), true), ("c", nil, true), ("b", .now, true),
                ("e", .second(-9), false),
            ]
            for user in issued {
                let new = NewUser(
                    id: try UserID(user.id), group: nil, token: .random(), refreshToken: user.hasOne ? .random() : nil,
                    expiresAt: nil)
                _ = try await store.put([new]) { new, place in
                    User(
                        id: new.id, place: place, state: .scheduled(due: .later), record: User.Record(slot: .later),
                        renewal: User.Renewal(issuedAt: user.at))
                } replaced: { _, user in
                    user
                }
            }
            let all = try await store.refreshTokenHolders(storedBy: .now, limit: 2)
            #expect(all == RefreshTokenHolders(count: 3, first: [try UserID("a"), try UserID("b")]))
            let few = try await store.refreshTokenHolders(storedBy: .second(-5), limit: 9)
            #expect(few == RefreshTokenHolders(count: 2, first: [try UserID("a"), try UserID("c")]))
            try await store.verifyPlace()
        }
    }
}
