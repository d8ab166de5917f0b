import Foundation
import GRDB
import Glibc
import RefreshCore
import Testing
import TightSandbox

/// `store compact`, as an operator uses it; who was called is read from the server's log.
@Suite(.timeLimit(.minutes(2)))
struct StoreCompactTests {
    private static let users = 3_000

    /// Sizes, with users that are gone still taking their space.
    private static func withThinnedStore(_ body: (Workplace) async throws -> Void) async throws {
        try await Workplace.with(users: users) { place in
            try await place.importAll()
            let gone = place.users.dropFirst(600).map { "\($0.id)\n" }.joined()
            let removed = try await place.run("users", "remove", "--file", "-", input: gone)
            try #require(removed.status == 0, "\(removed.errors)")
            try await body(place)
        }
    }

    private static func size(_ place: Workplace) -> Int64 {
        var status = stat()
        return stat(place.store, &status) == 0 ? Int64(status.st_size) : 0
    }

    private static func verify(_ place: Workplace) async throws {
        let verified = try await place.run("store", "verify", "--json")
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        #expect(verified.object["users"] as? Int == 600)
    }

    @Test func `a running daemon gives space back, and goes on calling`() async throws {
        try await Self.withThinnedStore { place in
            let daemon = try await place.startDaemon()
            let size = Self.size(place)
            let compacted = try await place.run("store", "compact")
            #expect(compacted.status == 0, "\(compacted.errors)")
            #expect(compacted.output.hasPrefix("the store takes ") && compacted.output.hasSuffix(" less than before\n"))
            #expect(Self.size(place) < size / 2)
            let refreshed = try await place.run("refresh", "\(place.users[0].id)")
            #expect(refreshed.status == 0, "\(refreshed.errors)")
            let again = try await place.run("store", "compact", "--json")
            #expect(again.status == 0)
            let object = again.object
            #expect(object["bytes"] as? Int ?? .max <= object["bytesBefore"] as? Int ?? 0)
            daemon.send(SIGTERM)
            #expect(await daemon.result().status == 0)
            try await Self.verify(place)
        }
    }

    @Test func `a daemon that is killed while it compacts has lost nothing`() async throws {
        try await Self.withThinnedStore { place in
            for _ in 0..<3 {
                let daemon = try await place.startDaemon()
                let compaction = try place.start(["store", "compact"])
                try await Task.sleep(for: .milliseconds(.random(in: 20...150)))
                daemon.send(SIGKILL)
                _ = await daemon.result()
                _ = await compaction.result()
                try await Self.verify(place)
            }
        }
    }

    @Test func `without a daemon the store is written anew, and a kill of that loses nothing`() async throws {
        try await Self.withThinnedStore { place in
            let size = Self.size(place)
            for _ in 0..<3 {
                let compaction = try place.start(["store", "compact"])
                try await Task.sleep(for: .milliseconds(.random(in: 1...40)))
                compaction.send(SIGKILL)
                _ = await compaction.result()
                try await Self.verify(place)
            }
            let compacted = try await place.run("store", "compact", "--json")
            #expect(compacted.status == 0, "\(compacted.errors)")
            #expect(Self.size(place) < size / 2)
            #expect(compacted.object["bytes"] as? Int64 == Self.size(place))
            let left = try FileManager.default.contentsOfDirectory(atPath: place.directory)
            #expect(!left.contains { $0.contains("compacting") }, "\(left)")
            try await Self.verify(place)
        }
    }

    @Test func `a store of version 0_1_0 is compacted once without the daemon, and then with it`() async throws {
        try await Self.withThinnedStore { place in
            let queue = try DatabaseQueue(path: place.store)
            try await queue.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM")
            }
            try queue.close()
            let daemon = try await place.startDaemon()
            let refused = try await place.run("store", "compact")
            #expect(refused.status == 75)
            #expect(refused.errors.contains("systemctl stop bankrefreshd; bankrefreshd store compact"))
            daemon.send(SIGTERM)
            _ = await daemon.result()
            #expect(try await place.run("store", "compact").status == 0)
            _ = try await place.startDaemon()
            #expect(try await place.run("store", "compact").status == 0)
            try await Self.verify(place)
        }
    }

    @Test func `a disk without room for a second store is no obstacle`() async throws {
        try await Self.withThinnedStore { place in
            let small = place.directory + "/small"
            try FileManager.default.createDirectory(atPath: small, withIntermediateDirectories: false)
            try #require(
                mount("tmpfs", small, "tmpfs", 0, "size=\(Self.size(place) + 700_000)") == 0,
                "this test mounts a small disk: run it as root")
            defer { umount2(small, Int32(MNT_DETACH)) }
            let size = Self.size(place)
            try FileManager.default.copyItem(atPath: place.store, toPath: small + "/store.sqlite")
            // Files of something else leave no more than a little.
            try Data(count: 400_000).write(to: URL(filePath: small + "/other"))
            try place.configure(["store": ["sqlite": ["path": small + "/store.sqlite"]]])
            let compacted = try await place.run("store", "compact")
            #expect(compacted.status == 0, "\(compacted.errors)")
            var status = stat()
            #expect(stat(small + "/store.sqlite", &status) == 0 && status.st_size < size / 2)
            try await Self.verify(place)
        }
    }

    @Test func `no store is told, not made`() async throws {
        try await Workplace.with { place in
            let none = try await place.run("store", "compact")
            #expect(none.status == 65 && none.errors.contains("there is no store at \(place.store)"))
            #expect(!FileManager.default.fileExists(atPath: place.store))
        }
    }
}
