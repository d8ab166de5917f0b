import RefreshCore
import TestSupport
import Testing

/// Whatever is asked of two stores in whatever order, they answer alike: each is held against the one in memory.
@Suite struct StoreModelTests {
    @Test(arguments: [Backend.sqlite, .postgresql], 1...4 as ClosedRange<UInt64>)
    func `leases, settles, loses and finds as the store in memory does`(backend: Backend, seed: UInt64) async throws {
        let placing: @Sendable (UserID) -> Place = { Place(of: $0, seed: 1) }
        try await Backend.memory.withStore(placing: placing) { memory in
            try await backend.withStore(placing: placing) { other in
                var run = ModelRun(stores: [memory, other], seed: seed)
                for _ in 0..<250 { try await run.step() }
                try await run.compareAll()
            }
        }
    }
}

/// The same steps with two stores, chosen by chance.
private struct ModelRun {
    /// A lease as either store gave it.
    struct Pair {
        let one: LeasedUser
        let other: LeasedUser
    }

    /// Revisions are each store's own.
    var stores: [OpenedStore]
    var random: SplitMix64
    var now = Timestamp.now
    var held: [Pair] = []
    var ended: [Pair] = []

    init(stores: [OpenedStore], seed: UInt64) {
        self.stores = stores
        random = SplitMix64(seed: seed)
    }

    private mutating func chance(_ count: Int) -> Int { .random(in: 0..<count, using: &random) }
    private mutating func anybody() throws -> UserID { try UserID("user \(chance(40))") }
    private mutating func moment() -> Timestamp { now.advanced(by: .seconds(chance(60) - 30)) }
    private var until: Timestamp { now.advanced(by: .minutes(5)) }

    /// Asks both; fails where the answers differ.
    private func both<Answer: Equatable & Sendable>(
        _ ask: (any UserStore) async throws -> Answer, _ comment: Comment
    ) async throws -> Answer {
        let one = try await ask(stores[0].store)
        let other = try await ask(stores[1].store)
        #expect(one == other, comment)
        return one
    }

    private mutating func lease(_ comment: Comment, _ ask: (any UserStore) async throws -> [LeasedUser]) async throws {
        let one = try await ask(stores[0].store)
        let other = try await ask(stores[1].store)
        #expect(one.map(\.user) == other.map(\.user), comment)
        held += zip(one, other).map { Pair(one: $0, other: $1) }
    }

    mutating func step() async throws {
        now = now.advanced(by: .seconds(chance(4)))
        let (now, until) = (now, until)
        switch chance(14) {
        case 0, 1:
            let id = try anybody()
            // Who is added under a lease of before is kept waiting by one store, and not by the other.
            guard !(held + ended).contains(where: { $0.one.user.id == id }) else { return }
            let new = NewUser(id: id, group: nil, token: SealedToken(bytes: [1, 2, 3]), expiresAt: nil)
            let (due, renewal) = (moment(), moment())
            _ = try await both(
                { store in
                    try await store.put([new]) { new, place in
                        User(
                            id: new.id, place: place, state: .scheduled(due: due), record: User.Record(slot: due),
                            renewal: User.Renewal(due: renewal, issuedAt: .epoch))
                    } replaced: { _, user in
                        user.with(state: .backingOff(due: due))
                    }
                }, "put")
        case 2, 3:
            let limit = 1 + chance(8)
            try await lease("lease") { try await $0.leaseDue(now: now, until: until, limit: limit) }
        case 4:
            let limit = 1 + chance(3)
            try await lease("probes") { try await $0.leaseProbes(now: now, until: until, limit: limit) }
        case 5:
            try await lease("renewals") { try await $0.leaseRenewals(now: now, until: until, limit: 2) }
        case 6:
            let id = try anybody()
            let refused = try await both(
                { store in
                    if case .failure(let refusal) = try await store.lease(id, now: now, until: until) { return refusal }
                    return nil
                } as (any UserStore) async throws -> LeaseRefusal?, "one")
            if refused == nil {
                // Both have it now, and say so.
                let again = try await both({ try await $0.lease(id, now: now, until: until).map(\.user) }, "held")
                #expect(again == .failure(.inFlight(until: until)))
                _ = try await lose()
            }
        case 7, 8: try await settle()
        case 9: try await release()
        case 10:
            let (id, due) = (try anybody(), moment())
            _ = try await both({ try await $0.update(id) { $0.with(state: .scheduled(due: due)) } }, "update")
        case 11:
            let id = try anybody()
            guard !held.contains(where: { $0.one.user.id == id }) else { return }
            _ = try await both({ try await $0.remove([id], unlessAddedSince: nil) }, "remove")
        case 12:
            let new = try NewUser("user \(40 + chance(4))")
            let id = try anybody()
            let back = try NewUser(id.rawValue)
            _ = try await both({ try await $0.rename(id, to: new) { $0 } }, "rename")
            _ = try await both({ try await $0.rename(new.id, to: back) { $0 } }, "and back")
        default: if chance(6) == 0 { try await lose() }
        }
        try await compare()
    }

    private mutating func take(_ count: Int) -> [Pair] {
        held.shuffle(using: &random)
        defer { held.removeFirst(min(count, held.count)) }
        let taken = Array(held.prefix(count))
        ended = Array((ended + taken).suffix(20))
        return taken
    }

    private mutating func settle() async throws {
        // Some of them for the second time.
        let late = ended.shuffled(using: &random).prefix(chance(2))
        let pairs = take(chance(8)) + late
        let dues = pairs.map { _ in moment() }
        func settlements(_ users: [LeasedUser]) -> [Settlement] { zip(users, dues).map { $0.settlement(due: $1) } }
        let one = try await stores[0].store.settle(settlements(pairs.map(\.one)))
        let other = try await stores[1].store.settle(settlements(pairs.map(\.other)))
        #expect(one == other)
        for (pair, result) in zip(pairs, one) {
            // The lease still holds.
            guard case .changed(let user, let revision) = result else { continue }
            let again = [pair.one, pair.other].map {
                LeasedUser(lease: $0.lease, user: user, token: $0.token, revision: revision)
            }
            held.append(Pair(one: again[0], other: again[1]))
        }
    }

    private mutating func release() async throws {
        let pairs = take(chance(5)) + ended.prefix(chance(2))
        try await stores[0].store.release(pairs.map(\.one.lease))
        try await stores[1].store.release(pairs.map(\.other.lease))
    }

    /// The process ends, and the next one takes up what it held, some at a time.
    private mutating func lose() async throws {
        for index in stores.indices { stores[index] = try await stores[index].reopened() }
        held = []
        ended = []
        let (now, until) = (now, until)
        var found: [Set<UserID>] = [[], []]
        for (index, opened) in stores.enumerated() {
            while true {
                let lost = try await opened.store.recoverLeases(now: now, until: until, limit: 3)
                if lost.isEmpty { break }
                found[index].formUnion(lost.map(\.leased.user.id))
                let (calls, renewals) = (lost.filter(\.isForCall), lost.filter { !$0.isForCall })
                _ = try await opened.store.settle(calls.map { $0.leased.settlement(due: until) })
                try await opened.store.release(renewals.map(\.leased.lease))
            }
        }
        #expect(found[0] == found[1])
    }

    private func compare() async throws {
        _ = try await both({ try await $0.nextDue() }, "next due")
        _ = try await both({ try await $0.nextRenewal() }, "next renewal")
        let now = now
        _ = try await both({ try await $0.census(now: now) }, "census")
    }

    func compareAll() async throws {
        _ = try await both({ try await $0.users(matching: .all, after: nil, limit: 100) }, "users")
        let now = now
        _ = try await both(
            { try await $0.dueHistogram(from: now, width: .seconds(5), count: 10, groups: []) }, "histogram")
    }
}
