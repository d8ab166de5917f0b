import Foundation
import GRDB
import Testing
import TightSandbox

/// A clock that was set forward by two hours while no daemon ran: to a store that is as though all of it had been written
/// two hours before.
@Suite(.timeLimit(.minutes(1)))
struct ClockSetTests {
    private static let step: Int64 = 7_200_000_000

    private func setForward(_ place: Workplace) async throws {
        let queue = try DatabaseQueue(path: place.store)
        try await queue.write { db in
            try db.execute(sql: "UPDATE schedule SET reached_at = reached_at - \(Self.step)")
            try db.execute(sql: "UPDATE meta SET value = value - \(Self.step) WHERE key = 'last seen'")
            let text = try #require(try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'clock mark'"))
            var mark = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            mark["wall"] = try #require(mark["wall"] as? Int) - Int(Self.step)
            let json = String(decoding: try JSONSerialization.data(withJSONObject: mark), as: UTF8.self)
            try db.execute(sql: "UPDATE meta SET value = ? WHERE key = 'clock mark'", arguments: [json])
        }
        try queue.close()
    }

    private static let boots = ["0123456789abcdef0123456789abcdef", "ffffffff-89ab-cdef-0123-456789abcdef"]

    @Test(
        arguments: [
            (boots[0], boots[0], "warning: The clock was set forward by 2 h; the schedule was corrected"),
            (
                boots[0], boots[1],
                "warning: The clock shows 2 h more than when a daemon last worked with this store, a longer"
            ),
            (nil, nil, "warning: The clock was set forward by 2 h; the schedule was corrected"),
        ] as [(String?, String?, String)])
    func `calls nobody sooner for it, and says so`(before: String?, after: String?, words: String) async throws {
        try await Workplace.with(users: 1) { place in
            try place.configure(["schedule": ["every": "30d"]])
            try await place.importAll()
            func environment(_ boot: String?) -> [String: String] { boot.map { ["BANKREFRESHD_BOOT_ID": $0] } ?? [:] }
            let first = try await place.startDaemon(environment: environment(before))
            #expect(try await place.run("refresh", "user-000001").status == 0)
            first.send(SIGTERM)
            #expect(await first.ended() == 0)
            try await setForward(place)
            let second = try await place.startDaemon(environment: environment(after))
            #expect(second.errors.text.contains(words), "\(second.errors.text)")
            let again = try await place.run("refresh", "user-000001")
            #expect(again.status == 75)
            #expect(again.output.contains("refused until"), "\(again.output)")
            #expect(place.sandbox.totals.total == 1)
            // What was followed is not followed again.
            second.send(SIGTERM)
            #expect(await second.ended() == 0)
            let third = try await place.startDaemon(environment: environment(after))
            #expect(!third.errors.text.contains("The clock"))
        }
    }
}
