import RefreshCore
import Testing

/// What a process that ended left behind.
@Suite struct RecoveryContractTests {
    @Test(arguments: Backend.allCases)
    func `leases of an earlier life are recovered once, with the moment they began`(backend: Backend)
        async throws
    {
        try await backend.withStore { opened in
            let user = try await opened.store.add("a")
            let lost = try #require(try await opened.store.leaseAll().first)

            let next = try await opened.reopened()
            let recovered = try await next.store.recoverLeases(
                now: .second(400),
                until: .second(700),
                limit: 10
            )
            let one = try #require(recovered.first)
            #expect(recovered.count == 1)
            #expect(one.leasedAt == .now)
            #expect(one.leased.user == user)
            #expect(one.leased.token == lost.token)
            #expect(one.leased.revision == lost.revision)
            #expect(one.leased.lease.until == .second(700))
            #expect(one.leased.lease.id != lost.lease.id)

            let again = try await next.store.recoverLeases(now: .second(800), until: .second(900), limit: 10)
            #expect(again.isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a late settlement of a recovered lease is refused, the new holder's is not`(
        backend: Backend
    ) async throws {
        try await backend.withStore { opened in
            try await opened.store.add("a")
            let lost = try #require(try await opened.store.leaseAll().first)
            let next = try await opened.reopened()
            let recovered = try await next.store.recoverLeases(
                now: .second(400),
                until: .second(700),
                limit: 10
            )
            let late = try await next.store.settle([lost.settlement(due: .second(5))])
            #expect(late == [.refused])
            try await next.store.release([lost.lease])
            let leased = try #require(recovered.first?.leased)
            let results = try await next.store.settle([leased.settlement(due: .second(6))])
            #expect(results == [.settled])
            let user = try await next.store.user("a")
            #expect(user?.state == .scheduled(due: .second(6)))
        }
    }

    @Test(arguments: Backend.allCases)
    func `recovers in batches until none is left`(backend: Backend) async throws {
        try await backend.withStore { opened in
            try await opened.store.put((0..<25).map { try NewUser("user \($0)") })
            let lost = try await opened.store.leaseAll(limit: 20)
            let next = try await opened.reopened()
            var recovered: [RecoveredLease] = []
            while recovered.count < 100 {
                let batch = try await next.store.recoverLeases(
                    now: .second(400),
                    until: .second(700),
                    limit: 8
                )
                guard !batch.isEmpty else { break }
                #expect(batch.count <= 8)
                recovered += batch
            }
            #expect(Set(recovered.map(\.leased.user.id)) == Set(lost.map(\.user.id)))
            #expect(recovered.count == 20)
        }
    }

    @Test(arguments: Backend.allCases)
    func `what this life holds, settled or released is not recovered`(backend: Backend) async throws {
        try await backend.withStore { opened in
            try await opened.store.put((0..<4).map { try NewUser("user \($0)") })
            let leased = try await opened.store.leaseAll()
            _ = try await opened.store.settle([leased[0].settlement()])
            try await opened.store.release([leased[1].lease])
            let own = try await opened.store.recoverLeases(now: .second(100), until: .later, limit: 10)
            #expect(own.isEmpty)

            let next = try await opened.reopened()
            let recovered = try await next.store.recoverLeases(
                now: .second(400),
                until: .second(700),
                limit: 10
            )
            #expect(Set(recovered.map(\.leased.user.id)) == Set(leased[2...].map(\.user.id)))
        }
    }

    @Test(arguments: Backend.allCases)
    func `an unrecovered lease still holds after a restart`(backend: Backend) async throws {
        try await backend.withStore { opened in
            try await opened.store.add("a")
            _ = try await opened.store.leaseAll()
            let next = try await opened.reopened()
            let leased = try await next.store.leaseDue(now: .second(400), until: .second(700), limit: 10)
            #expect(leased.isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func `of a batch that was settled in part the rest is recovered, once, however many lives it takes`(
        backend: Backend
    ) async throws {
        try await backend.withStore { opened in
            try await opened.store.put((0..<20).map { try NewUser("user \($0)") })
            let leased = try await opened.store.leaseAll()
            _ = try await opened.store.settle(leased[0..<4].map { $0.settlement() })
            try await opened.store.release(leased[4..<6].map(\.lease))
            _ = try await opened.store.remove(leased[6].user.id)
            // Settled and called once more, which ended, too.
            let again = try await opened.store.lease(leased[0].user.id, now: .second(5), until: .later).get()
            _ = try await opened.store.settle([again.settlement()])
            var expected = Set(leased[7...].map(\.user.id))

            var life = opened
            for limit in [3, 4, 10] {
                life = try await life.reopened()
                let lost = try await life.store.recoverLeases(now: .second(400), until: .second(700), limit: limit)
                #expect(lost.count == min(limit, expected.count))
                #expect(lost.allSatisfy { expected.contains($0.leased.user.id) && $0.isForCall })
                // One of them is lost once more.
                let settled = lost.dropFirst().map { $0.leased.settlement() }
                let results = try await life.store.settle(settled)
                #expect(results.allSatisfy { $0 == .settled })
                for settlement in settled { expected.remove(settlement.user.id) }
            }
            life = try await life.reopened()
            let last = try await life.store.recoverLeases(now: .second(800), until: .second(900), limit: 100)
            #expect(Set(last.map(\.leased.user.id)) == expected)
            try await life.store.release(last.map(\.leased.lease))
            let none = try await life.reopened().store.recoverLeases(now: .second(900), until: .second(999), limit: 9)
            #expect(none.isEmpty)
        }
    }
}
