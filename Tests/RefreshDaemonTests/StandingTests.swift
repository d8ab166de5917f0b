import RefreshCore
import RefreshDaemon
import TestSupport
import Testing

/// Users that are brought with how they stood in another store.
struct StandingTests {
    private static let now = Timestamp(secondsSinceEpoch: 1_800_000_000)
    private static func at(_ hours: Int64) -> Timestamp { now.advanced(by: .hours(hours)) }

    private let store = MemoryUserStore()
    private let time = ManualTime(now: now)
    private let events = EventLog()

    private var operations: StoreContext {
        StoreContext(
            store: store, vault: PlainVault(), time: time, events: events, keyring: NoKeys(), version: "0",
            policies: { Policies() })
    }

    private func entry(
        _ id: String, _ token: String, refresh: String? = nil, expiresAt: Timestamp? = nil,
        standing: UserStanding? = nil
    ) throws -> UserEntry {
        UserEntry(
            id: try UserID(id), token: try AccessToken(token.utf8), expiresAt: expiresAt,
            refreshToken: try refresh.map { try AccessToken($0.utf8) }, standing: standing)
    }

    private func standing(
        _ state: UserState? = .scheduled(due: at(9)), reachedAt: Timestamp? = nil, issuedAt: Timestamp? = nil
    ) -> UserStanding {
        var record = User.Record(slot: state?.due ?? Self.now)
        record.reachedAt = reachedAt
        return UserStanding(place: Place(rawValue: 77), state: state, record: record, tokenIssuedAt: issuedAt)
    }

    private func user(_ id: String = "a") async throws -> User {
        try #require(try await store.user(UserID(id)))
    }

    private func opened(_ kind: TokenKind = .access) async throws -> AccessToken? {
        let id = try UserID("a")
        let stored = try #require(try await store.tokens(of: [id])[0])
        return try (kind == .access ? stored.access : stored.refresh).map {
            try PlainVault().open($0, as: kind, for: id)
        }
    }

    @Test func `a user comes with its place, its state, its moments and the age of its token`() async throws {
        let expiry = Self.at(40)
        let brought = standing(.parked(.forbidden, since: Self.at(-3)), reachedAt: Self.at(-4), issuedAt: Self.at(-60))
        let answers = try await operations.perform(
            PutUsers([
                entry("a", "t", refresh: "r", expiresAt: expiry, standing: brought), entry("b", "t"),
            ]))
        #expect(answers == [.added, .added])
        let stored = try await user()
        #expect(UserStanding(stored) == brought)
        #expect(stored.renewal.due == RenewalPlan.moment(for: stored.place, issuedAt: Self.at(-60), expiresAt: expiry))
        #expect(try await user("b").renewal.issuedAt == Self.now)
    }

    @Test func `who is brought again as it stands is unchanged`() async throws {
        let list = try [entry("a", "t", standing: standing(reachedAt: Self.at(-1))), entry("b", "t")]
        _ = try await operations.perform(PutUsers(list))
        let before = try await user()
        #expect(try await operations.perform(PreviewUsers(list)) == [.unchanged, .unchanged])
        #expect(try await operations.perform(PutUsers(list)) == [.unchanged, .unchanged])
        #expect(try await user() == before)
    }

    @Test func `a user that was called here since keeps the later moment`() async throws {
        let brought = try entry("a", "t", standing: standing(reachedAt: Self.at(-5)))
        _ = try await operations.perform(PutUsers([brought]))
        _ = try await store.update(UserID("a")) { user in
            var next = user
            next.record.reachedAt = Self.at(-1)
            next.state = .scheduled(due: Self.at(20))
            return next
        }
        let before = try await user()
        #expect(try await operations.perform(PutUsers([brought])) == [.unchanged])
        #expect(try await user() == before)
    }

    @Test func `a user that was called there since is held back here, and the answer says so`() async throws {
        _ = try await operations.perform(PutUsers([entry("a", "t")]))
        let brought = try entry("a", "t", standing: standing(.backingOff(due: Self.at(8)), reachedAt: Self.at(-1)))
        #expect(try await operations.perform(PreviewUsers([brought])) == [.updated])
        #expect(try await operations.perform(PutUsers([brought])) == [.updated])
        #expect(try await user().state == .backingOff(due: Self.at(8)))
        #expect(try await user().record.reachedAt == Self.at(-1))
        #expect(try await user().tokenVersion == 1)
    }

    @Test func `a token that was issued before the stored one is not put back`() async throws {
        _ = try await operations.perform(
            PutUsers([
                entry("a", "new", refresh: "new-r", expiresAt: Self.at(90), standing: standing(issuedAt: Self.at(-1)))
            ]))
        let old = try entry(
            "a", "old", refresh: "old-r", expiresAt: Self.at(10),
            standing: standing(reachedAt: Self.at(-2), issuedAt: Self.at(-80)))
        #expect(try await operations.perform(PutUsers([old])) == [.updated], "its moment is news")
        #expect(try await opened() == AccessToken("new".utf8))
        #expect(try await opened(.refresh) == AccessToken("new-r".utf8))
        #expect(try await user().tokenExpiresAt == Self.at(90))
        #expect(try await user().record.reachedAt == Self.at(-2))
        let newer = try entry("a", "newer", standing: standing(reachedAt: Self.at(-2), issuedAt: Self.now))
        #expect(try await operations.perform(PutUsers([newer])) == [.replaced])
        #expect(try await opened() == AccessToken("newer".utf8))
    }

    @Test func `a parked user whose other token is no better stays parked`() async throws {
        _ = try await operations.perform(
            PutUsers([entry("a", "one", standing: standing(.parked(.unauthorized, since: Self.at(-1))))]
            ))
        let bad = try entry("a", "two", standing: standing(.parked(.forbidden, since: Self.at(-2)), issuedAt: Self.now))
        #expect(try await operations.perform(PreviewUsers([bad])) == [.replaced])
        #expect(try await operations.perform(PutUsers([bad])) == [.replaced])
        #expect(try await user().state == .parked(.forbidden, since: Self.at(-2)))
        let good = try entry("a", "three", standing: standing(issuedAt: Self.now))
        #expect(try await operations.perform(PreviewUsers([good])) == [.released])
        #expect(try await operations.perform(PutUsers([good])) == [.released])
    }
}
