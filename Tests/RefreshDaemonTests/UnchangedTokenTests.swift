import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

/// Users that are brought again: what is the same is left alone.
struct UnchangedTokenTests {
    private static let now = Timestamp(secondsSinceEpoch: 1_800_000_000)

    private let memory = MemoryUserStore()
    private let store: TroubledStore
    private let time = ManualTime(now: now)

    init() {
        store = TroubledStore(memory)
    }

    private func operations(_ vault: any TokenSealing = PlainVault()) -> StoreContext {
        let gold = UserPolicy(cadence: Cadence(every: .hours(6)))
        let groups = GroupName("gold").map { [$0: gold] } ?? [:]
        return StoreContext(
            store: store, vault: vault, time: time, events: EventLog(), keyring: NoKeys(), version: "0",
            policies: { Policies(groups: groups) })
    }

    private func entry(
        _ id: String, _ token: String, group: String? = nil, expiresAt: Timestamp? = nil, refresh: String? = nil
    ) throws -> UserEntry {
        UserEntry(
            id: try UserID(id), token: try AccessToken(token.utf8), group: group.flatMap(GroupName.init),
            expiresAt: expiresAt, refreshToken: try refresh.map { try AccessToken($0.utf8) })
    }

    private func park(_ id: String) async throws {
        _ = try await memory.update(UserID(id)) { user in
            var next = user
            next.state = .parked(.unauthorized, since: Self.now)
            return next
        }
    }

    private func user(_ id: String) async throws -> User {
        try #require(try await memory.user(UserID(id)))
    }

    private func token(_ id: String) async throws -> StoredToken {
        try #require(try await memory.tokens(of: [UserID(id)])[0])
    }

    @Test func `the same list again changes nothing, writes nothing and releases nobody`() async throws {
        let list = try [
            entry("a", "ta"),
            entry("b", "tb", group: "gold", expiresAt: Self.now.advanced(by: .days(9)), refresh: "rb"),
            entry("c", "tc"),
        ]
        #expect(try await operations().perform(PutUsers(list)) == [.added, .added, .added])
        try await park("a")
        let before = [try await user("a"), try await user("b"), try await user("c")]
        let tokens = [try await token("a"), try await token("b"), try await token("c")]
        time.step(by: .days(1))
        // A write would fail.
        store.fail(.init(writes: .full(place: "memory")))
        #expect(try await operations().perform(PutUsers(list)) == [.unchanged, .unchanged, .unchanged])
        // What is not brought is no change.
        #expect(try await operations().perform(PutUsers([entry("b", "tb")])) == [.unchanged])
        #expect([try await user("a"), try await user("b"), try await user("c")] == before)
        #expect([try await token("a"), try await token("b"), try await token("c")] == tokens)
    }

    @Test func `a changed group or expiry is taken over, and the rest stands`() async throws {
        _ = try await operations().perform(PutUsers([entry("a", "ta", refresh: "ra"), entry("p", "tp")]))
        try await park("p")
        let (tokenA, tokenP) = (try await token("a"), try await token("p"))
        let expiry = Self.now.advanced(by: .days(30))
        let answers = try await operations().perform(
            PutUsers([entry("a", "ta", expiresAt: expiry), entry("p", "tp", group: "gold")]))
        #expect(answers == [.updated, .updated])
        let a = try await user("a")
        #expect(a.tokenExpiresAt == expiry)
        #expect(a.renewal.due.map { $0 < expiry } ?? false)
        #expect(a.tokenVersion == 1)
        #expect(try await token("a").access == tokenA.access)
        #expect(try await token("a").refresh == tokenA.refresh)
        let parked = try await user("p")
        #expect(parked.group == GroupName("gold"))
        #expect(parked.state == .parked(.unauthorized, since: Self.now))
        #expect(try await token("p").access == tokenP.access)
    }

    @Test func `another group moves the user to the slots of its circle`() async throws {
        _ = try await operations().perform(PutUsers([entry("a", "ta")]))
        _ = try await operations().perform(PutUsers([entry("a", "ta", group: "gold")]))
        let due = try #require(try await user("a").state.due)
        #expect(due <= Self.now.advanced(by: .hours(6)))
    }

    @Test func `another refresh token is a new one, and the expiry stands that nobody brought`() async throws {
        let expiry = Self.now.advanced(by: .days(30))
        _ = try await operations().perform(PutUsers([entry("a", "ta", expiresAt: expiry, refresh: "r1")]))
        try await park("a")
        #expect(try await operations().perform(PutUsers([entry("a", "ta", refresh: "r2")])) == [.released])
        #expect(try await user("a").tokenExpiresAt == expiry)
        #expect(try await user("a").tokenVersion == 2)
        let refresh = try #require(try await token("a").refresh)
        #expect(try PlainVault().open(refresh, as: .refresh, for: UserID("a")) == AccessToken("r2".utf8))
    }

    @Test func `a new token replaces the old one with all that belonged to it`() async throws {
        _ = try await operations().perform(
            PutUsers([
                entry("a", "ta", group: "gold", expiresAt: Self.now.advanced(by: .days(3)), refresh: "ra")
            ]))
        try await park("a")
        #expect(try await operations().perform(PutUsers([entry("a", "other")])) == [.released])
        #expect(try await user("a").tokenExpiresAt == nil)
        #expect(try await user("a").group == GroupName("gold"))
        #expect(try await token("a").refresh == nil)
    }

    @Test func `a token that cannot be compared counts as changed, and is told`() async throws {
        _ = try await operations().perform(PutUsers([entry("a", "ta"), entry("b", "tb")]))
        try await park("a")
        let answers = try await operations(KeylessVault()).perform(PutUsers([entry("a", "ta"), entry("c", "tc")]))
        #expect(answers == [.unopened, .added])
        #expect(try await user("a").state.kind == .scheduled)
        #expect(try await user("a").tokenVersion == 2)
    }

    @Test func `of a user that is there several times the last row holds`() async throws {
        _ = try await operations().perform(PutUsers([entry("a", "t1"), entry("b", "t1")]))
        let answers = try await operations().perform(
            PutUsers([
                entry("a", "t2"), entry("b", "t1"), entry("a", "t1"), entry("n", "t1"), entry("a", "t1"),
                entry("n", "t1"),
                entry("n", "t2"), entry("b", "t2"),
            ]))
        #expect(
            answers == [.replaced, .unchanged, .replaced, .added, .unchanged, .unchanged, .replaced, .replaced])
        let last = ["a": "t1", "b": "t2", "n": "t2"]
        for (id, text) in last {
            let stored = try await token(id).access
            #expect(try PlainVault().open(stored, as: .access, for: UserID(id)) == AccessToken(text.utf8), "\(id)")
        }
    }

    @Test func `the daemon tells the journal of what changed, and of nothing else`() async throws {
        let bench = Workbench()
        let (one, two) = (try entry("a", "ta"), try entry("b", "tb"))
        _ = try await bench.perform { try await $0.perform(PutUsers([one])) }
        _ = try await bench.perform { try await $0.perform(PutUsers([one])) }
        let added = try #require(try await bench.memory.user(one.id))
        #expect(bench.events == [.userAdded(added)])
        let moved = try entry("a", "ta", group: "gold")
        _ = try await bench.perform { try await $0.perform(PutUsers([moved])) }
        let user = try #require(try await bench.memory.user(one.id))
        #expect(bench.events.dropFirst() == [.userUpdated(user)])
        _ = try await bench.perform { try await $0.perform(PutUsers([one, two])) }
        #expect(bench.events.dropFirst(2) == [.usersImported(PutCounts(added: 1, unchanged: 1))])
    }
}

/// Seals, and opens nothing: its keys are others than those that sealed.
private struct KeylessVault: TokenSealing {
    func seal(_ token: AccessToken, as kind: TokenKind, for id: UserID) throws -> SealedToken {
        try PlainVault().seal(token, as: kind, for: id)
    }

    func open(_ sealed: SealedToken, as kind: TokenKind, for id: UserID) throws(TokenSealProblem) -> AccessToken {
        throw .unknownKey(id: "00000000")
    }
}
