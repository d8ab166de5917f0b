import Foundation
import Glibc
import Testing
import TightSandbox

/// A store that moves to a PostgreSQL server and back, by the commands that do it.
@Suite(.timeLimit(.minutes(2)))
struct StoreMovingTests {
    /// A workplace with two configurations: of a file, and of a database.
    private struct Scene {
        let place: Workplace
        let database: ServerDatabase
        var file: String { place.directory + "/file.json" }
        var server: String { place.directory + "/server.json" }

        static func with(users: Int = 3, _ body: (Scene) async throws -> Void) async throws {
            try await ServerDatabase.with { database in
                try await Workplace.with(users: users) { place in
                    let scene = Scene(place: place, database: database)
                    try place.configure(["store": ["postgresql": database.section(["member": "one"])]])
                    try FileManager.default.moveItem(atPath: place.config, toPath: scene.server)
                    try place.configure()
                    try FileManager.default.copyItem(atPath: place.config, toPath: scene.file)
                    try await body(scene)
                }
            }
        }

        func run(_ arguments: String..., config: String) async throws -> Workplace.Result {
            try await place.start(arguments, environment: ["BANKREFRESHD_CONFIG": config]).result()
        }

        /// The daemon refreshes everybody, and ends.
        func refreshAll(config: String) async throws {
            let daemon = try await place.startDaemon(environment: ["BANKREFRESHD_CONFIG": config])
            let refreshed = try await run("refresh", "--all", config: config)
            #expect(refreshed.status == 0, "\(refreshed.errors)")
            daemon.send(SIGTERM)
            #expect(await daemon.ended() == 0)
        }
    }

    @Test func `a store moves to the server and back, and only where it is now can anybody work with it`()
        async throws
    {
        try await Scene.with { scene in
            let (place, file, server) = (scene.place, scene.file, scene.server)
            try await place.importAll()
            try await scene.refreshAll(config: file)
            let moved = try await scene.run("store", "copy", "--from", file, config: server)
            #expect(moved.status == 0, "\(moved.errors)")
            #expect(
                moved.output == """
                    copied 3 users and 3 past calls, compared both stores
                    the store is \(scene.database.place()) now
                    no daemon can use \(place.store) any more; when you are sure: rm -f \(place.store) \(place.store)-wal \(place.store)-shm \(place.store).lock
                    next: bankrefreshd check-config; systemctl start bankrefreshd

                    """)
            for command in [["run"], ["users", "list"], ["check-config"], ["store", "copy", "--from", file]] {
                let config = command.count > 2 ? server : file
                let refused = try await place.start(command, environment: ["BANKREFRESHD_CONFIG": config]).result()
                #expect(refused.status == 78, "\(command): \(refused.output)")
                #expect(
                    (refused.errors + refused.output).contains(
                        "the store \(place.store) was moved to \(scene.database.place()) at "), "\(refused.errors)")
            }
            let verified = try await scene.run("store", "verify", config: file)
            #expect(verified.status == 0, "\(verified.errors)")

            let daemon = try await place.startDaemon(environment: ["BANKREFRESHD_CONFIG": server])
            #expect(daemon.errors.text.contains(" notice: The users moved here from \(place.store) at 20"))
            let again = try await scene.run("refresh", "\(place.users[0].id)", config: server)
            #expect(again.status == 75, "the minimum interval holds after the move: \(again.output)")
            let busy = try await scene.run("store", "copy", "--from", server, config: file)
            #expect(
                busy.status == 75
                    && busy.errors.contains(
                        "the daemon works with the store \(scene.database.place()), the one to copy from\n"),
                "\(busy.errors)")
            daemon.send(SIGTERM)
            #expect(await daemon.ended() == 0)
            #expect(place.sandbox.calls.total == 3)

            let back = try await scene.run("store", "copy", "--from", server, "--json", config: file)
            #expect(back.status == 0, "\(back.errors)")
            #expect(back.object["users"] as? Int == 3 && back.object["to"] as? String == place.store)
            #expect((back.object["settingsLeft"] as? [Any])?.isEmpty == true, "\(back.output)")
            let left = try await scene.run("run", config: server)
            #expect(left.status == 78 && left.errors.contains("was moved to \(place.store) at "), "\(left.errors)")
            let there = try await place.startDaemon(environment: ["BANKREFRESHD_CONFIG": file])
            #expect(there.errors.text.contains("The users moved here from \(scene.database.place()) at 20"))
            let status = try await scene.run("status", "--json", config: file)
            #expect(status.object["users"] as? Int == 3)
            there.send(SIGTERM)
            #expect(await there.ended() == 0)
            let next = try await place.startDaemon(environment: ["BANKREFRESHD_CONFIG": file])
            #expect(!next.errors.text.contains("moved here"), "it is told once")
            next.send(SIGTERM)
            #expect(await next.ended() == 0)
            #expect(place.sandbox.calls.total == 3)
        }
    }

    @Test func `back from a server the settings of the fleet stay behind, and what differs is said`() async throws {
        try await Scene.with { scene in
            let (place, file, server) = (scene.place, scene.file, scene.server)
            try await place.importAll()
            let moved = try await scene.run("store", "copy", "--from", file, config: server)
            #expect(moved.status == 0 && !moved.output.contains("were not copied"), "\(moved.output)\(moved.errors)")
            try await scene.refreshAll(config: server)
            try place.configure(["schedule": ["minimumInterval": "2h"], "limits": ["burst": 7]])
            let back = try await scene.run("store", "copy", "--from", server, config: place.config)
            #expect(
                back.output.contains(
                    "\nthe fleet's settings were not copied, and \(place.config) applies from now on: "
                        + "schedule.minimumInterval is 2h in \(place.config) and 1h in the fleet, limits.burst is 7 in "
                ),
                "\(back.output)\(back.errors)")
        }
    }

    @Test func `a store that was moved by mistake is opened again, and calls nobody too soon`() async throws {
        try await Scene.with { scene in
            let (place, file, server) = (scene.place, scene.file, scene.server)
            try await place.importAll()
            let open = try await scene.run("store", "reopen", config: file)
            #expect(open.status == 0 && open.output == "the store \(place.store) is open; nothing was done\n")
            let moved = try await scene.run("store", "copy", "--from", file, config: server)
            #expect(moved.status == 0, "\(moved.errors)")
            let reopened = try await scene.run("store", "reopen", config: file)
            #expect(reopened.status == 0, "\(reopened.errors)")
            #expect(reopened.output.hasPrefix("the store \(place.store) can be used again\n"))
            #expect(reopened.output.contains("what was done in \(scene.database.place()) since "))
            let daemon = try await place.startDaemon(environment: ["BANKREFRESHD_CONFIG": file])
            #expect(daemon.errors.text.contains(" warning: The store was opened again at 20"))
            #expect(!daemon.errors.text.contains("backup"), "\(daemon.errors.text)")
            let refused = try await scene.run("refresh", "\(place.users[0].id)", config: file)
            #expect(refused.status == 75 && refused.output.contains("the minimum interval"), "\(refused.output)")
            daemon.send(SIGTERM)
            #expect(await daemon.ended() == 0)
            #expect(place.sandbox.calls.total == 0)
        }
    }

    @Test func `what cannot be copied is said before anything is changed`() async throws {
        try await Scene.with { scene in
            let (place, file, server) = (scene.place, scene.file, scene.server)
            let none = try await scene.run("store", "copy", "--from", file, config: server)
            #expect(none.status == 65 && none.errors.contains("\(file): there is no store at \(place.store)"))
            let empty = try await scene.run("store", "copy", "--from", server, config: file)
            #expect(empty.status == 65 && empty.errors.contains("there is no store at \(scene.database.place())"))
            let same = try await scene.run("store", "copy", "--from", file, config: file)
            #expect(same.status == 78 && same.errors.contains("name a SQLite file"), "\(same.errors)")
            let servers = try await scene.run("store", "copy", "--from", server, config: server)
            #expect(servers.status == 78 && servers.errors.contains("pg_dump and pg_restore"), "\(servers.errors)")
            #expect(servers.errors.contains("leave store.postgresql out of \(server)"))
            let missing = try await scene.run("store", "copy", "--from", "/nowhere.json", config: server)
            #expect(missing.status == 78 && missing.errors.contains("/nowhere.json"), "\(missing.errors)")

            try await place.importAll()
            let before = place.sandbox.baseURL
            let text = try String(contentsOfFile: server, encoding: .utf8)
            let elsewhere = text.replacing(before.replacing("/", with: "\\/"), with: "https:\\/\\/other.example\\/rest")
                .replacing(before, with: "https://other.example/rest")
            try elsewhere.write(toFile: server + "x", atomically: true, encoding: .utf8)
            let other = try await scene.run("store", "copy", "--from", file, config: server + "x")
            #expect(other.status == 78 && other.errors.contains("they would be sent to the wrong place"))

            let others = try await place.start(
                ["users", "import", "-"], input: Data(place.csv.utf8), environment: ["BANKREFRESHD_CONFIG": server]
            ).result()
            #expect(others.status == 0, "\(others.errors)")
            let full = try await scene.run("store", "copy", "--from", file, config: server)
            #expect(full.status == 78)
            #expect(
                full.errors.contains(
                    "the store \(scene.database.place()) has users of its own, and nothing is copied over them"))
            let daemon = try await place.startDaemon(environment: ["BANKREFRESHD_CONFIG": file])
            let busy = try await scene.run("store", "copy", "--from", file, config: server)
            #expect(busy.status == 75, "\(busy.errors)")
            #expect(busy.errors.contains("the daemon works with the store \(place.store), the one to copy from\n"))
            let target = try await scene.run("store", "copy", "--from", server, config: file)
            #expect(target.errors.contains("the daemon works with the store \(place.store), the one to copy to\n"))
            daemon.send(SIGTERM)
            #expect(await daemon.ended() == 0)
        }
    }
}
