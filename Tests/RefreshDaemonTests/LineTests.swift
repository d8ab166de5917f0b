import Foundation
import RefreshCore
import RefreshDaemon
import TestSupport
import Testing

/// Lists as lines of JSON, which are written without an encoder.
struct LineTests {
    private func encoded(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }

    private static let texts = [
        "plain", "with \"quotes\" and \\ and /", "läuft nicht: 日本 👍", "tab\tand\nbreak\r", "\u{1}\u{1F}\u{8}\u{C}", "",
    ]

    private func user(_ number: Int, _ random: inout SplitMix64) throws -> User {
        func moment() -> Timestamp? {
            Bool.random(using: &random)
                ? Timestamp(secondsSinceEpoch: Int64.random(in: 0...4_000_000_000, using: &random)) : nil
        }
        let text = Self.texts[Int.random(in: 0..<Self.texts.count, using: &random)]
        let due = Timestamp(microsecondsSinceEpoch: Int64.random(in: 0...4_000_000_000_000_000, using: &random))
        let states: [UserState] = [
            .scheduled(due: due), .backingOff(due: due), .parked(.unauthorized, since: due), .paused(nil),
            .paused(PauseEnd(until: due, due: due)),
        ]
        let id = try UserID("user \(number) \"é\" \\/")
        var record = User.Record(slot: due)
        record.failures = Int.random(in: 0...9, using: &random)
        record.reachedAt = moment()
        record.day = Int64.random(in: 0...30_000, using: &random)
        record.lastSuccess = moment()
        record.failingSince = moment()
        if let at = moment() {
            record.lastAttempt = User.LastAttempt(
                at: at, outcome: OutcomeKind.allCases[number % OutcomeKind.allCases.count],
                httpStatus: number.isMultiple(of: 2) ? 503 : nil, reason: number.isMultiple(of: 3) ? nil : text)
        }
        return User(
            id: id, place: Place(of: id, seed: 3), group: number.isMultiple(of: 2) ? GroupName("gold") : nil,
            state: states[number % states.count], record: record, tokenVersion: Int64(number), tokenExpiresAt: moment(),
            renewal: User.Renewal(due: moment(), issuedAt: moment(), failures: 1))
    }

    @Test func `a line is what an encoder writes`() throws {
        var random = SplitMix64(seed: 4)
        for number in 0..<500 {
            let user = try user(number, &random)
            let history = (0..<number % 4).map { index in
                var attempt = AttemptRecord(
                    startedAt: Timestamp(microsecondsSinceEpoch: 1_795_000_000_250_000 + Int64(index)),
                    duration: .milliseconds(1_234), trigger: index == 0 ? .manual : .schedule, outcome: .rejected,
                    httpStatus: index == 1 ? nil : 200,
                    reason: Self.texts[(number + index) % Self.texts.count], number: index + 1)
                attempt.isForced = index == 0
                return attempt
            }
            var lines = JSONLines()
            UserReport(user).addLine(to: &lines)
            UserExport(user, history: history).addLine(to: &lines)
            let expected = try encoded(UserReport(user)) + encoded(UserExport(user, history: history))
            #expect(String(decoding: lines.bytes, as: UTF8.self) == expected)
        }
    }

    /// A page that is copied for each of its lines takes a minute for a million users.
    @Test func `a page is written into one piece of memory, whatever its lines hold`() throws {
        var random = SplitMix64(seed: 4)
        let users = try (0..<200).map { try user($0, &random) }
        let attempt = AttemptRecord(
            startedAt: .epoch, duration: .seconds(1), trigger: .schedule, outcome: .rejected, httpStatus: 200,
            reason: "bank", number: 1)
        var lines = JSONLines(reserving: 1 << 20)
        let place = lines.bytes.withUnsafeBufferPointer { $0.baseAddress }
        for user in users {
            UserReport(user).addLine(to: &lines)
            UserExport(user, history: [attempt, attempt]).addLine(to: &lines)
        }
        #expect(lines.bytes.count < 1 << 20)
        #expect(lines.bytes.withUnsafeBufferPointer { $0.baseAddress } == place)
    }

    @Test func `pages of lines are those of the list`() async throws {
        let bench = Workbench()
        try await bench.memory.addFleet(25, policy: bench.policy, now: bench.world.time.now)
        func pages(_ query: UserQuery) async throws -> ([UserReport], [UInt8]) {
            (
                try await bench.perform { try await $0.perform(ListUsers(query)) },
                try await bench.perform { try await $0.perform(ListUserLines(query)).bytes }
            )
        }
        for query in [
            UserQuery(limit: 10), try UserQuery(after: UserID("user-2"), limit: 7), UserQuery(state: .parked),
        ] {
            let (reports, lines) = try await pages(query)
            let expected = try reports.map { try encoded($0) }.joined()
            #expect(String(decoding: lines, as: UTF8.self) == expected)
        }
        let ids = try await bench.perform { try await $0.perform(ListIDs(after: UserID("user-2"), limit: 4)) }
        var exported = ""
        for id in ids { exported += try encoded(try await bench.perform { try await $0.perform(ExportUser(id)) }) }
        let lines = try await bench.perform { try await $0.perform(ExportLines(after: UserID("user-2"), limit: 4)) }
        #expect(String(decoding: lines.bytes, as: UTF8.self) == exported)
        #expect(ids.count == 4)
        await #expect(throws: OperationProblem.badRequest("sort: lines come in the order of ids alone")) {
            _ = try await bench.perform { try await $0.perform(ListUserLines(UserQuery(order: .due))) }
        }
    }

    @Test func `pages of an export stay small, whatever the limit and the histories, and miss nobody`() async throws {
        let bench = Workbench()
        let (users, calls) = (2_000, 30)
        try await bench.memory.addFleet(users, policy: bench.policy, now: bench.world.time.now)
        let due = bench.world.time.now.advanced(by: .days(400))
        for number in 1...calls {
            let attempt = AttemptRecord(
                startedAt: due.advanced(by: .seconds(number)), duration: .seconds(1), trigger: .schedule,
                outcome: .rejected, httpStatus: 200, reason: String(repeating: "x", count: 200), number: number)
            let leased = try await bench.memory.leaseDue(now: due, until: due.advanced(by: .hours(1)), limit: users)
            let results = try await bench.memory.settle(
                leased.map { Settlement(lease: $0.lease, revision: $0.revision, user: $0.user, attempt: attempt) })
            #expect(results.count == users && results.allSatisfy { $0 == .settled })
        }
        var (ids, size): ([String], Int) = ([], 0)
        while true {
            let after = try ids.last.map { try UserID($0) }
            let page = try await bench.perform { try await $0.perform(ExportLines(after: after, limit: 100_000)).bytes }
            if page.isEmpty { break }
            #expect(page.count < 16_000_000)
            size += page.count
            for line in page.split(separator: UInt8(ascii: "\n")) {
                // The id is the last value of the line.
                let end = String(decoding: line.suffix(40), as: UTF8.self).split(separator: "\"")
                ids.append(String(try #require(end.dropLast().last)))
            }
        }
        #expect(size > 16_000_000)
        let stored = try await bench.memory.ids(after: nil, limit: 100_000)
        #expect(ids == stored.map(\.rawValue))
        #expect(ids.count == users)
    }
}
