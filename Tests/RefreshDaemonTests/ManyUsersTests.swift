import RefreshCore
import RefreshDaemon
import TestSupport
import Testing

struct ManyUsersTests {
    @Test func `users put by the thousand are answered in their order, each with its own token`() async throws {
        let store = MemoryUserStore()
        let operations = StoreContext(
            store: store, vault: PlainVault(), time: ManualTime(now: Timestamp(microsecondsSinceEpoch: 0)),
            events: EventLog(), keyring: NoKeys(), version: "0", policies: { Policies() })
        let entries = try (0..<12_345).map { number in
            UserEntry(id: try UserID("user-\(number)"), token: try AccessToken(Array("token-\(number)".utf8)))
        }
        let known = [0, 4_999, 5_000, 10_001, 12_344]
        _ = try await operations.perform(PutUsers(known.map { entries[$0] }))

        let answers = try await operations.perform(PutUsers(entries))

        #expect(answers.count == entries.count)
        #expect(answers.indices.filter { answers[$0] == .unchanged } == known)
        for number in [1, 5_001, 12_343] {
            let leased = try await store.lease(
                entries[number].id, now: Timestamp(microsecondsSinceEpoch: 0),
                until: Timestamp(microsecondsSinceEpoch: 1)
            ).get()
            #expect(try PlainVault().open(leased.token, as: .access, for: leased.user.id) == entries[number].token)
        }
    }
}
