import Foundation
import Glibc
import Testing
import TightSandbox

/// Several daemons of one store, each with its file: whose settings are in force, and how an operator changes them.
@Suite(.timeLimit(.minutes(2))) struct FleetSettingsCommandTests {
    /// A host: a directory with a configuration of its own.
    private struct Host {
        let place: Workplace
        let database: ServerDatabase
        let name: String

        var environment: [String: String] { ["BANKREFRESHD_CONFIG": "\(directory)/config.json"] }
        private var directory: String { "\(place.directory)/\(name)" }

        func write(_ schedule: [String: Any], limits: [String: Any] = [:], api: String? = nil) throws {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let sections: [String: [String: Any]] = [
                "api": ["baseURL": api ?? place.sandbox.baseURL, "caFile": "\(place.directory)/ca.pem"],
                "store": [
                    "sqlite": ["path": "\(directory)/store.sqlite"], "key": ["file": place.key],
                    "postgresql": database.section(["member": name]),
                ],
                "schedule": ["every": "12h"].merging(schedule) { _, new in new }, "limits": limits,
                "control": ["socket": "\(directory)/control.sock"],
            ]
            let json = try JSONSerialization.data(withJSONObject: sections)
            try json.write(to: URL(filePath: "\(directory)/config.json"))
        }

        func start() async throws -> ProgramRun { try await place.startDaemon(environment: environment) }

        func run(_ arguments: String...) async throws -> Workplace.Result {
            try await place.start(arguments, environment: environment).result()
        }
    }

    private func with(_ body: (Workplace, Host, Host) async throws -> Void) async throws {
        try await ServerDatabase.with { database in
            try await Workplace.with { place in
                try await body(
                    place, Host(place: place, database: database, name: "host-a"),
                    Host(place: place, database: database, name: "host-b"))
            }
        }
    }

    @Test
    func `a file that says otherwise is told at the start, by check-config and status, and put in force on demand`()
        async throws
    {
        try await with { _, one, two in
            try one.write(["minimumInterval": "6h"])
            try two.write(["minimumInterval": "3h"], limits: ["drain": "9s"])
            let first = try await one.start()
            let notes = try await two.run("check-config")
            let note = "schedule.minimumInterval is 3h in this file and 6h in the fleet"
            #expect(notes.status == 0 && notes.errors.contains("note: \(note)"), "\(notes.errors)")

            let second = try await two.start()
            #expect(
                await second.errors.wait(
                    for:
                        "warning: Other daemons use this store, and their settings are in force: \(note); to put "
                        + "this file in force on all hosts: bankrefreshd reload --publish"), "\(second.errors.text)")
            #expect(!second.errors.text.contains("drain"))
            // A member tells of itself with its next beat.
            try await Task.sleep(for: .seconds(3))
            let status = try await one.run("status")
            #expect(
                status.output.contains("The configuration of host-b differs from the fleet's settings"),
                "\(status.output)")
            let same = try await two.run("reload")
            #expect(same.status == 0 && same.output == "nothing changed\n" && same.errors.contains(note), "\(same)")

            let published = try await two.run("reload", "--publish")
            #expect(
                published.output
                    == """
                    schedule.minimumInterval: 6h → 3h
                    published: all daemons of the store follow these settings

                    """.replacingOccurrences(of: "→", with: published.output.contains("→") ? "→" : "->"),
                "\(published.output)\(published.errors)")
            #expect(published.errors == "")
            #expect(
                first.errors.text.contains("Applied the settings that another daemon of this store published: "),
                "\(first.errors.text)")
            #expect(first.errors.text.contains("schedule.minimumInterval is 6h in this file and 3h in the fleet"))
            for daemon in [first, second] {
                daemon.send(SIGTERM)
                #expect(await daemon.ended() == 0, "\(daemon.errors.text)")
            }
        }
    }

    @Test func `a plan is made by the settings of the fleet, with a daemon on the host and without`() async throws {
        try await with { _, one, two in
            try one.write(["every": "6h", "minimumInterval": "1h"])
            try two.write(["every": "8h", "minimumInterval": "1h"])
            let first = try await one.start()
            let note = "the plan uses the settings that the daemons of the store follow: schedule.every is 8h in "
            for hasDaemon in [false, true] {
                let second = hasDaemon ? try await two.start() : nil
                let planned = try await two.run("plan", "--json")
                #expect(planned.status == 0 && planned.errors.contains(note), "\(planned.errors)")
                let groups = planned.object["groups"] as? [[String: Any]] ?? []
                #expect(groups.map { $0["everySeconds"] as? Double } == [21_600], "\(planned.output)")
                let same = try await one.run("plan")
                #expect(same.status == 0 && same.errors.isEmpty, "\(same.errors)")
                second?.send(SIGTERM)
                if let second { #expect(await second.ended() == 0) }
            }
            first.send(SIGTERM)
            #expect(await first.ended() == 0)
        }
    }

    @Test func `a reload publishes what changed in the file, and refuses what does not go with the rest`() async throws
    {
        try await with { place, one, two in
            try one.write(["minimumInterval": "10h"])
            try two.write(["minimumInterval": "10h"])
            let daemons = [try await one.start(), try await two.start()]
            try two.write(["minimumInterval": "10h", "every": "8h"])
            try one.write(["minimumInterval": "6h", "every": "8h"], limits: ["burst": 7])
            // The file of two is refused by itself; that of one goes with the fleet's, both changes together.
            let refused = try await two.run("reload")
            #expect(
                refused.status == 78 && refused.errors.contains("minimumInterval (10h) is longer than"), "\(refused)")
            let taken = try await one.run("reload", "--json")
            #expect(taken.status == 0 && (taken.object["pending"] as? [String])?.isEmpty == true, "\(taken)")
            #expect((taken.object["published"] as? [String])?.count == 3, "\(taken.output)")

            // One changes one key, which does not go with what another published.
            try two.write(["minimumInterval": "2h", "every": "4h", "attemptsPerDay": 6])
            #expect(try await two.run("reload").status == 0)
            try one.write(["minimumInterval": "5h", "every": "8h"], limits: ["burst": 7])
            let apart = try await one.run("reload")
            #expect(apart.status == 78, "\(apart)")
            #expect(apart.errors.contains("and the fleet's settings do not go together"), "\(apart.errors)")
            #expect(apart.errors.contains("bankrefreshd reload --publish"), "\(apart.errors)")

            // What is decided without a daemon follows the fleet, too.
            for daemon in daemons {
                daemon.send(SIGTERM)
                #expect(await daemon.ended() == 0, "\(daemon.errors.text)")
            }
            let stored = try await one.database.execute("SELECT settings FROM bankrefreshd.fleet")
            #expect(stored.contains(#""schedule.minimumInterval": "2h""#), "\(stored)")
            // Nobody works any more: the next start brings its file, and says what that changes.
            let last = try await one.start()
            #expect(last.errors.text.contains("All daemons of this store follow this host's file now: "))
            #expect(!last.errors.text.contains("Other daemons use this store"))
        }
    }

    @Test
    func `a daemon that would call another address than the others does not start, though the store has no token`()
        async throws
    {
        try await with { _, one, two in
            try one.write([:])
            try two.write([:], api: "https://api.example.com")
            _ = try await one.start()
            let checked = try await two.run("check-config")
            #expect(
                checked.status == 78 && checked.errors.contains("and this file names https://api.example.com"),
                "\(checked)")
            let started = try await two.run("run")
            #expect(started.status == 78, "\(started)")
            #expect(started.errors.contains("and this file names https://api.example.com"), "\(started)")
            #expect(started.errors.contains("fix the section api"), "\(started)")
            let left = try await one.database.execute("SELECT name FROM bankrefreshd.members")
            #expect(!left.contains("host-b"), "\(left)")
        }
    }

    @Test func `a daemon that starts alone after one of a newer version is there, with its own file in force`()
        async throws
    {
        try await with { _, one, _ in
            try one.write(["minimumInterval": "6h"])
            let first = try await one.start()
            first.send(SIGTERM)
            #expect(await first.ended() == 0, "\(first.errors.text)")
            _ = try await one.database.execute(
                """
                UPDATE bankrefreshd.fleet SET settings =
                    replace(replace(settings, '"values": {', '"values": {"schedule.pace": "soon", '),
                        '"set": [', '"set": ["schedule.pace", ')
                """)
            let changed = try await one.database.execute("SELECT settings FROM bankrefreshd.fleet")
            #expect(changed.contains(#""set": ["schedule.pace""#), "\(changed)")
            let second = try await one.start()
            second.send(SIGTERM)
            #expect(await second.ended() == 0, "\(second.errors.text)")
            let stored = try await one.database.execute("SELECT settings FROM bankrefreshd.fleet")
            #expect(!stored.contains("schedule.pace"), "\(stored)")
        }
    }

    @Test func `a daemon with a store of its own has nothing to publish`() async throws {
        try await Workplace.with { place in
            _ = try await place.startDaemon()
            let run = try await place.run("reload", "--publish")
            #expect(run.status != 0 && run.errors.contains("has its store to itself"), "\(run)")
        }
    }
}
