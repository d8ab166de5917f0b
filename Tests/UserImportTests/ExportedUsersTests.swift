import RefreshCore
import RefreshDaemon
import TestSupport
import Testing
import UserImport

/// What an export of tokens writes, an import reads again: field by field.
struct ExportedUsersTests {
    private static let now = Reading.now

    private static func at(_ hours: Int64) -> Timestamp {
        // With a fraction that is no millisecond's.
        now.advanced(by: .hours(hours) + .microseconds(123_457))
    }

    private static let states: [UserState] = [
        .scheduled(due: at(3)), .scheduled(due: at(-3)), .backingOff(due: at(9)),
        .parked(.unauthorized, since: at(-9)), .parked(.forbidden, since: at(-1)), .parked(.refused, since: at(-2)),
        .paused(nil), .paused(PauseEnd(until: at(5), due: at(7))), .scheduled(due: .distantFuture),
    ]

    /// One for each state, with ever more of a past.
    private static func user(_ new: NewUser, _ number: Int, at place: Place) -> User {
        let state = states[number % states.count]
        var record = User.Record(slot: number == 0 ? at(3) : at(-30))
        if number > 1 { record.reachedAt = at(-7) }
        if number > 1 { (record.day, record.attemptsToday) = (at(-7).day, number) }
        if number > 2 { (record.failures, record.failingSince, record.outageWaits) = (number, at(-70), 2) }
        if number > 3 { record.refusal = Refusal(status: 422, turns: 2, turnEnds: at(17)) }
        if number > 4 {
            record.lastAttempt = User.LastAttempt(
                at: at(-7), outcome: OutcomeKind.allCases[number], httpStatus: number == 5 ? nil : 422,
                reason: number == 6 ? nil : "\"no\" \\ account Zo\u{EB} \u{1F600}")
        }
        if number > 5 { record.lastSuccess = at(-99) }
        return RenewalPlan.planned(
            User(id: new.id, place: place, group: new.group, state: state, record: record),
            issuedAt: number == 4 ? nil : at(-50), expiresAt: new.expiresAt)
    }

    private static let ids = ["a", "Zo\u{EB}", "quote\"d", "back\\slash", "e", "f", "g", "\u{1F600}", "z"]

    private static func filled() async throws -> MemoryUserStore {
        let store = MemoryUserStore()
        let rows = try ids.enumerated().map { number, text in
            let id = try UserID(text)
            return NewUser(
                id: id, group: number % 2 == 0 ? nil : GroupName("gold"),
                token: try PlainVault().seal(AccessToken("access-\(number)".utf8), as: .access, for: id),
                refreshToken: number % 3 == 0
                    ? nil : try PlainVault().seal(AccessToken("refresh-\(number)".utf8), as: .refresh, for: id),
                expiresAt: number == 1 ? nil : at(Int64(number) * 10 - 20))
        }
        let numbers = Dictionary(uniqueKeysWithValues: rows.enumerated().map { ($1.id, $0) })
        _ = try await store.put(
            rows, added: { new, place in user(new, numbers[new.id] ?? 0, at: place) }, replaced: { $1 })
        return store
    }

    @Test func `an import reads again all that an export of tokens wrote`() async throws {
        let store = try await Self.filled()
        let export = TokenExport(store: store, vault: PlainVault(), time: ManualTime(now: Self.now))
        let page = try await export.page(after: nil)
        let reading = Reading(page.lines.withBytes { Array($0) })
        #expect(reading.refusal == nil && reading.problems.isEmpty)
        let users = try await store.users(matching: .all, after: nil, limit: 100)
        let tokens = try await store.tokens(of: users.map(\.id))
        #expect(reading.entries.count == users.count && users.count == Self.ids.count)
        for ((entry, user), stored) in zip(zip(reading.entries, users), tokens) {
            let stored = try #require(stored)
            #expect(entry.id == user.id)
            #expect(entry.token == (try PlainVault().open(stored.access, as: .access, for: user.id)))
            #expect(
                entry.refreshToken == (try stored.refresh.map { try PlainVault().open($0, as: .refresh, for: user.id) })
            )
            #expect(entry.group == user.group)
            #expect(entry.expiresAt == user.tokenExpiresAt)
            var expected = user
            // No text has so late a moment: it is the last that one can have.
            if user.state.due == .distantFuture {
                expected.state = .scheduled(due: Timestamp(secondsSinceEpoch: 253_402_300_799))
            }
            #expect(entry.standing == UserStanding(expected), "\(user.id)")
        }
    }
}
