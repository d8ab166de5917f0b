import Foundation
import RefreshCore
import RefreshDaemon
import TestSupport
import Testing
import UserImport

/// Users that wait in memory for their turn.
@Suite(.timeLimit(.minutes(1)))
struct PackedUsersTests {
    private static func text(_ count: ClosedRange<Int>, _ random: inout SplitMix64) -> [UInt8] {
        (0..<Int.random(in: count, using: &random)).map { _ in UInt8.random(in: 0x61...0x7A, using: &random) }
    }

    /// With everything that a user may have, or without, as chance has it.
    private static func entry(_ random: inout SplitMix64) throws -> UserEntry {
        func maybe<Value>(_ value: (inout SplitMix64) throws -> Value) rethrows -> Value? {
            Bool.random(using: &random) ? try value(&random) : nil
        }
        let isLong = Int.random(in: 0..<50, using: &random) == 0
        return UserEntry(
            id: try UserID(String(decoding: text(1...240, &random), as: UTF8.self) + "-東é"),
            token: try AccessToken(text(isLong ? 4_096...4_096 : 1...200, &random)),
            group: try maybe { try #require(GroupName(String(decoding: text(1...64, &$0), as: UTF8.self))) },
            expiresAt: maybe { Timestamp(microsecondsSinceEpoch: .random(in: -9...9_000_000_000_000_000, using: &$0)) },
            refreshToken: try maybe { try AccessToken(text(1...300, &$0)) },
            standing: maybe {
                UserStanding(
                    place: Place(rawValue: .random(in: 0 ... .max, using: &$0)), record: User.Record(slot: .epoch))
            })
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>)
    func `come out in the order of their places, as they went in`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let users = PackedUsers()
        var expected: [(place: Place, number: Int, entry: UserEntry)] = []
        // Some megabytes, so that there are several blocks; and places that are taken twice.
        for number in 0..<3_000 {
            let place = try #require(Place(rawValue: .random(in: 0...2_000, using: &random) << 50))
            let entry = try Self.entry(&random)
            users.add(entry, at: place)
            expected.append((place, number, entry))
        }
        users.sort()
        expected.sort { ($0.place, $0.number) < ($1.place, $1.number) }
        #expect(users.count == expected.count)
        for index in expected.indices {
            #expect(try users.entry(at: index) == expected[index].entry, "\(index)")
        }
    }

    @Test func `are full once they take as much memory as they may, and none before`() throws {
        let entry = UserEntry(id: try UserID("a"), token: try AccessToken(Array(repeating: 0x78, count: 4_000)))
        let users = PackedUsers(most: 3 << 20)
        #expect(!users.isFull)
        while !users.isFull { users.add(entry, at: Place(of: entry.id, seed: 1)) }
        // The third block is begun, and a token more is left over in each of those before it.
        #expect(users.count * 4_000 > 2 << 20 - 16_384)
        #expect(users.count * 4_000 < 3 << 20)
    }

    @Test func `leave nothing of a token behind once they are let go`() async {
        await #expect(processExitsWith: .success) {
            let marker = MemoryMarker(length: 97)
            let id = try UserID("alice")
            // The first block is mapped, and its memory gone with it; from then on malloc(3) keeps blocks of that size.
            var users = [PackedUsers()]
            users[0].add(UserEntry(id: id, token: try AccessToken("other".utf8)), at: Place(of: id, seed: 1))
            users = [PackedUsers()]
            do {
                for _ in 0..<20 {
                    let token = try marker.secret().withBytes { try AccessToken($0) }
                    users[0].add(UserEntry(id: id, token: token, refreshToken: token), at: Place(of: id, seed: 1))
                }
            }
            guard marker.count() == 40 else { exit(2) }
            users[0].sort()
            do { guard try users[0].entry(at: 3).id == UserID("alice") else { exit(3) } }
            guard marker.count() == 40 else { exit(4) }
            users = []
            guard marker.count() == 0 else { exit(5) }
        }
    }
}
