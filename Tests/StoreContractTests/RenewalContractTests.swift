import RefreshCore
import Testing

/// Who is leased for a renewal, and what a renewal may write.
@Suite struct RenewalContractTests {
    /// Users whose renewal is due so many seconds from now; nil for never.
    private func add(_ users: [(id: String, renewal: Int64?)], to store: any UserStore) async throws {
        for user in users {
            let new = NewUser(
                id: try UserID(user.id), group: nil, token: .random(), refreshToken: .random(),
                expiresAt: user.renewal.map { .second($0 + 100) })
            _ = try await store.put([new]) { new, place in
                User(
                    id: new.id, place: place, state: .scheduled(due: .second(86_400)),
                    record: User.Record(slot: .second(86_400)),
                    renewal: User.Renewal(due: user.renewal.map { .second($0) }, issuedAt: .second(-500)))
            } replaced: { _, user in
                user
            }
        }
    }

    private func leaseRenewals(_ store: any UserStore, limit: Int = 100) async throws -> [LeasedUser] {
        try await store.leaseRenewals(now: .now, until: .later, limit: limit)
    }

    @Test(arguments: Backend.allCases)
    func `leases for renewal whose moment has come, the earliest first`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            var next = try await store.nextRenewal()
            #expect(next == nil)
            try await add([("a", -5), ("b", 5), ("c", nil), ("d", -9), ("e", 0), ("f", -7)], to: store)
            next = try await store.nextRenewal()
            #expect(next == .second(-9))
            let first = try await leaseRenewals(store, limit: 2)
            #expect(first.map(\.user.id.rawValue) == ["d", "f"])
            #expect(first.allSatisfy { $0.refreshToken != nil && $0.lease.until == .later })
            next = try await store.nextRenewal()
            #expect(next == .second(-5))
            let rest = try await leaseRenewals(store)
            #expect(rest.map(\.user.id.rawValue) == ["a", "e"])
            next = try await store.nextRenewal()
            #expect(next == .second(5))
        }
    }

    @Test(arguments: Backend.allCases)
    func `one lease at a time, for a call or for a renewal`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await add([("a", -5)], to: store)
            let renewing = try await leaseRenewals(store)
            let refused = try await store.lease(UserID("a"), now: .now, until: .later)
            #expect(refused == .failure(.inFlight(until: .later)))
            try await store.release(renewing.map(\.lease))
            guard case .success = try await store.lease(UserID("a"), now: .now, until: .later) else {
                Issue.record("the user is not free")
                return
            }
            let none = try await leaseRenewals(store)
            #expect(none.isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a renewed pair is stored, and the lease goes on with it`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await add([("a", -5)], to: store)
            let leased = try await leaseRenewals(store)[0]
            let pair = RenewalRecord.SealedPair(access: .random(), refresh: .random(), expiresAt: .second(9_000))
            let renewal = User.Renewal(due: .second(7_000), issuedAt: .now)
            let writing = try await store.write(
                RenewalRecord(lease: leased.lease, tokenVersion: 1, tokens: pair, renewal: renewal))
            guard case .written(let written) = writing else {
                Issue.record("\(writing)")
                return
            }
            #expect(written.token == pair.access && written.refreshToken == pair.refresh)
            #expect(written.user.tokenVersion == 2 && written.user.tokenExpiresAt == .second(9_000))
            #expect(written.user.renewal == renewal && written.lease == leased.lease)
            #expect(written.revision == leased.revision)
            let settled = try await store.settle([written.settlement()])
            #expect(settled == [.settled])

            let reopened = try await opened.reopened()
            let again = try await reopened.store.leaseRenewals(now: .second(8_000), until: .second(8_300), limit: 1)
            #expect(again.first?.token == pair.access && again.first?.refreshToken == pair.refresh)
            #expect(again.first?.user.renewal == renewal)
        }
    }

    @Test(arguments: Backend.allCases)
    func `without a new refresh token the stored one stays`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await add([("a", -5)], to: store)
            let leased = try await leaseRenewals(store)[0]
            let pair = RenewalRecord.SealedPair(access: .random(), refresh: nil, expiresAt: nil)
            let writing = try await store.write(
                RenewalRecord(lease: leased.lease, tokenVersion: 1, tokens: pair, renewal: User.Renewal()))
            guard case .written(let written) = writing else {
                Issue.record("\(writing)")
                return
            }
            #expect(written.refreshToken == leased.refreshToken)
            #expect(written.user.tokenExpiresAt == nil && written.user.renewal.due == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a token that was replaced meanwhile is not overwritten`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await add([("a", -5)], to: store)
            let leased = try await leaseRenewals(store)[0]
            let brought = SealedToken.random()
            try await store.put([NewUser("a", token: brought, expiresAt: .second(500))])
            let pair = RenewalRecord.SealedPair(access: .random(), refresh: .random(), expiresAt: nil)
            let writing = try await store.write(
                RenewalRecord(lease: leased.lease, tokenVersion: 1, tokens: pair, renewal: User.Renewal()))
            guard case .superseded(let stored) = writing else {
                Issue.record("\(writing)")
                return
            }
            #expect(stored.token == brought && stored.refreshToken == nil)
            #expect(stored.user.tokenVersion == 2 && stored.user.tokenExpiresAt == .second(500))
            #expect(stored.revision > leased.revision)
        }
    }

    @Test(arguments: Backend.allCases)
    func `nothing is written under a lease that is gone`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await add([("a", -5), ("b", -5)], to: store)
            let leased = try await leaseRenewals(store)
            try await store.release([leased[0].lease])
            _ = try await store.remove(leased[1].user.id)
            for lease in leased.map(\.lease) {
                let pair = RenewalRecord.SealedPair(access: .random(), refresh: nil, expiresAt: nil)
                let writing = try await store.write(
                    RenewalRecord(lease: lease, tokenVersion: 1, tokens: pair, renewal: User.Renewal()))
                #expect(writing == .refused)
            }
            let user = try await store.user(leased[0].user.id)
            #expect(user?.tokenVersion == 1)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a lease for a renewal is recovered as one`(backend: Backend) async throws {
        try await backend.withStore { opened in
            try await add([("a", -5), ("b", nil)], to: opened.store)
            _ = try await leaseRenewals(opened.store)
            _ = try await opened.store.lease(UserID("b"), now: .now, until: .later)
            var reopened = try await opened.reopened()
            // Lost again before it was dealt with.
            _ = try await reopened.store.recoverLeases(now: .now, until: .later, limit: 10)
            reopened = try await reopened.reopened()
            let lost = try await reopened.store.recoverLeases(now: .now, until: .later, limit: 10)
            let isForCall = Dictionary(uniqueKeysWithValues: lost.map { ($0.leased.user.id.rawValue, $0.isForCall) })
            #expect(isForCall == ["a": false, "b": true])
        }
    }

    @Test(arguments: Backend.allCases)
    func `tells who expires first`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await add([("a", 50), ("b", 30), ("c", nil), ("d", 40)], to: store)
            let first = try await store.firstToExpire(limit: 2)
            #expect(first.map(\.id.rawValue) == ["b", "d"])
        }
    }
}
