import Foundation
import GRDB
import Glibc
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StoreTroubleTests {
    /// Tries it as a command and as the daemon: both must say the same.
    private func bothRefuse(
        _ place: Workplace, status: Int32, _ named: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        for arguments in [["users", "list"], ["status"], ["run"]] {
            let refused = try await place.start(arguments).result()
            #expect(refused.status == status, "\(refused.errors)", sourceLocation: sourceLocation)
            #expect(refused.output.isEmpty, sourceLocation: sourceLocation)
            for text in named {
                #expect(
                    refused.errors.contains(text), "\(text) is not in: \(refused.errors)",
                    sourceLocation: sourceLocation)
            }
        }
    }

    private func file(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

    @Test func `a key that does not fit is told, and changes nothing`() async throws {
        try await Workplace.with { place in
            try await place.importAll()
            let (store, key) = (try file(place.store), try file(place.key))
            try FileManager.default.removeItem(atPath: place.key)
            _ = try await place.run("key", "generate", place.key)
            try await bothRefuse(place, status: 78, "the key does not fit the store", "nothing was changed")
            let refused = try await place.run("users", "add", "alice", input: place.token(0))
            #expect(refused.status == 78)
            #expect(try file(place.store) == store)
            try key.write(to: URL(filePath: place.key))
            #expect(try await place.run("users", "list", "--json").objects.count == 3)
        }
    }

    @Test func `a key that is missing, open to others or no key is told with what to do`() async throws {
        try await Workplace.with { place in
            chmod(place.key, 0o644)
            try await bothRefuse(place, status: 78, "others can read it", "chmod 600 \(place.key)")
            chmod(place.key, 0o600)
            try Data("no key\n".utf8).write(to: URL(filePath: place.key))
            chmod(place.key, 0o600)
            try await bothRefuse(place, status: 78, "is not a key", "bankrefreshd key generate")
            try FileManager.default.removeItem(atPath: place.key)
            try await bothRefuse(
                place, status: 78, "there is no file \(place.key)", "bankrefreshd key generate \(place.key)")
            #expect(!FileManager.default.fileExists(atPath: place.store))
        }
    }

    @Test func `a credential is looked for beside the configuration, or where the environment says`() async throws {
        try await Workplace.with { place in
            try place.configure(["store": ["key": ["credential": "store-key"]]])
            try await place.importAll()
            let elsewhere = place.directory + "/credentials"
            try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: false)
            try FileManager.default.moveItem(atPath: place.key, toPath: elsewhere + "/store-key")
            try await bothRefuse(
                place, status: 78, "there is no file \(place.key), where the credential store-key is looked for",
                "CREDENTIALS_DIRECTORY=")
            let found = try await place.run(
                "users", "list", "--json",
                environment: ["BANKREFRESHD_CONFIG": place.config, "CREDENTIALS_DIRECTORY": elsewhere])
            #expect(found.objects.count == 3)
            let notThere = try await place.run(
                "users", "list",
                environment: ["BANKREFRESHD_CONFIG": place.config, "CREDENTIALS_DIRECTORY": place.directory])
            #expect(notThere.status == 78)
            #expect(notThere.errors.contains("LoadCredential=store-key:PATH"))
        }
    }

    @Test func `what is no store, or is missing its directory, is told`() async throws {
        try await Workplace.with { place in
            try Data("not a database, but long enough to be looked into\n".utf8).write(
                to: URL(filePath: place.store))
            try await bothRefuse(place, status: 65, "\(place.store) is not a usable store", "backup")
            #expect(try file(place.store).starts(with: Data("not a database".utf8)))
            try place.configure(["store": ["sqlite": ["path": place.directory + "/no/store.sqlite"]]])
            try await bothRefuse(
                place, status: 78, "there is no directory \(place.directory)/no/", "install -d -m 0700")
        }
    }

    @Test func `a store of a newer version is left alone`() async throws {
        try await Workplace.with { place in
            try await place.importAll()
            let queue = try DatabaseQueue(path: place.store)
            try await queue.write { db in
                try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('a later one')")
            }
            try queue.close()
            let before = try file(place.store)
            try await bothRefuse(place, status: 78, "was written by a newer version of bankrefreshd")
            #expect(try file(place.store) == before)
        }
    }

    @Test func `a store in use by another process is told with its number`() async throws {
        try await Workplace.with { place in
            let daemon = try await place.startDaemon()
            // Commands that do not find the daemon turn to the store.
            try place.configure(["control": ["socket": place.directory + "/elsewhere.sock"]])
            let refused = try await place.run("users", "list")
            #expect(refused.status == 75)
            #expect(refused.errors.contains("is in use by process \(daemon.pid)"))
        }
    }

    @Test func `who may not use the socket, the key or the store is told`() async throws {
        try await Workplace.with { place in
            try await place.importAll()
            let daemon = try await place.startDaemon()
            for command in ["status", "reload"] {
                let refused = try await place.runAsNobody(command)
                #expect(refused.status == 77)
                #expect(refused.errors.contains("no permission to connect to \(place.socket)"))
            }
            daemon.send(SIGTERM)
            _ = await daemon.result()
            let noKey = try await place.runAsNobody("users", "list")
            #expect(noKey.status == 69)
            #expect(noKey.errors.contains("only root can ask the store"))
            chown(place.key, 65_534, 65_534)
            let noStore = try await place.runAsNobody("users", "list")
            #expect(noStore.status == 77)
            #expect(noStore.errors.contains("no access to the store \(place.store)"))
        }
    }

    @Test func `what root does beside the service leaves it to the service's user`() async throws {
        try await Workplace.with { place in
            for path in [place.directory, place.key] {
                try #require(chown(path, 65_534, 65_534) == 0, "this test gives files away: run it as root")
            }
            try await place.importAll()
            let listed = try await place.runAsNobody("users", "list", "--json")
            #expect(listed.objects.count == 3)
            let added = try await place.runAsNobody("users", "remove", "user-000001")
            #expect(added.status == 0)
            for name in ["", ".lock", "-wal", "-shm"] where FileManager.default.fileExists(atPath: place.store + name) {
                let attributes = try FileManager.default.attributesOfItem(atPath: place.store + name)
                #expect(attributes[.ownerAccountID] as? Int == 65_534, "\(name)")
            }
        }
    }
}
