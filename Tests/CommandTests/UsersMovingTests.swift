import Foundation
import Glibc
import RefreshCore
import Testing
import TightSandbox

/// Removing many users, moving them to a group and renaming one, with the daemon and without.
@Suite(.timeLimit(.minutes(1)))
struct UsersMovingTests {
    @Test(arguments: [true, false])
    func `a file names who is removed, and who is not stored is told`(isRunning: Bool) async throws {
        try await Workplace.with(users: 3_000) { place in
            try place.configure(["schedule": ["every": "30d"]])
            try await place.importAll()
            let daemon = isRunning ? try await place.startDaemon() : nil
            let ids = place.users.map(\.id.rawValue)
            let list = ids.prefix(2_500).joined(separator: "\n") + "\nnobody\n1E+20\n"
            let removed = try await place.run("users", "remove", "--file", "-", input: list)
            #expect(removed.status == 65)
            #expect(
                removed.output.split(separator: "\n").map(String.init) == ids.prefix(2_500).map { "\($0): removed" })
            #expect(removed.errors.contains("bankrefreshd: there is no user nobody\n"))
            #expect(removed.errors.contains("line 2502: user_id: a spreadsheet rounded the number"))
            #expect(removed.errors.contains("entries about them in the journal and backups of the store stay"))
            if let daemon {
                #expect(await daemon.errors.wait(for: "Removed: 2,500 users"))
                #expect(daemon.errors.text.components(separatedBy: " was removed").count == 2_501)
            }
            // A table names them as well.
            let table = "x;user_id\n1;\(ids[2_500])\n"
            let file = place.directory + "/gone.csv"
            try table.write(toFile: file, atomically: true, encoding: .utf8)
            let one = try await place.run("users", "remove", "--file", file, "--json")
            #expect(one.status == 0 && one.json as? [String] == [ids[2_500]], "\(one.errors)")
            #expect(try await place.run("status", "--json").object["users"] as? Int == 499)
            // Nothing of them is in the store's files any more.
            #expect(place.placesHolding(place.token(0)).isEmpty)
            for path in [place.store, place.store + "-wal"] {
                let bytes = try Data(contentsOf: URL(filePath: path))
                #expect(ids.prefix(2_501).allSatisfy { bytes.range(of: Data($0.utf8)) == nil })
            }
        }
    }

    @Test func `users are named on the line or in a file, not in both, and a file names somebody`() async throws {
        try await Workplace.with { place in
            for arguments in [["remove"], ["remove", "a", "--file", "x"], ["group", "gold"]] {
                let refused = try await place.start(["users"] + arguments).result()
                #expect(refused.status == 64)
                #expect(refused.errors.contains("name the users, or give --file"))
            }
            try await place.importAll()
            let empty = try await place.run("users", "remove", "--file", "-", input: "\n")
            #expect(empty.status == 65 && empty.errors.contains("standard input: the file names no users"))
        }
    }

    @Test(arguments: [true, false])
    func `users are moved to a group without their token, and unknown groups are told`(isRunning: Bool) async throws {
        try await Workplace.with(users: 4) { place in
            let sections: [String: [String: Any]] = [
                "schedule": ["every": "30d"], "groups": ["gold": ["every": "60d"]],
            ]
            try place.configure(sections)
            try await place.importAll()
            let daemon = isRunning ? try await place.startDaemon() : nil
            let ids = place.users.map(\.id.rawValue)
            let moved = try await place.run("users", "group", "gold", ids[0], ids[1], "nobody")
            #expect(moved.status == 65)
            #expect(moved.output == "\(ids[0]): follows group gold now\n\(ids[1]): follows group gold now\n")
            #expect(moved.errors.contains("there is no user nobody"))
            let list = ids.map { $0 + "\n" }.joined()
            let again = try await place.run("users", "group", "gold", "--file", "-", input: list)
            #expect(again.status == 0)
            #expect(
                again.output
                    == "\(ids[0]): follows group gold already\n\(ids[1]): follows group gold already\n"
                    + "\(ids[2]): follows group gold now\n\(ids[3]): follows group gold now\n")
            let none = try await place.run("users", "group", "none", ids[3])
            #expect(none.output == "\(ids[3]): follows no group now\n")
            #expect(try await place.show(ids[3])["group"] == nil)
            #expect(try await place.show(ids[0])["group"] as? String == "gold")

            try place.configure(["schedule": ["every": "30d"]])
            let told = "3 users belong to gold, which is not configured; the general rules apply there"
            #expect(try await place.run("check-config").errors.contains("note: \(told)"))
            if let daemon {
                let reload = try await place.run("reload")
                #expect(reload.status == 0 && reload.errors.contains(told), "\(reload.errors)")
                #expect(
                    await daemon.errors.wait(
                        for: "warning: 3 users belong to gold, which is not configured; the general rules apply to them"
                    ))
            }
            #expect(try await place.run("status").output.contains(told))
            let unknown = try await place.run("users", "group", "glod", ids[0])
            #expect(unknown.status == 0 && unknown.errors.contains("no such group in \(place.config): glod"))
        }
    }

    @Test(arguments: [true, false])
    func `a renamed user is called at the right moment, with the token that it had`(isRunning: Bool) async throws {
        try await Workplace.with(users: 2) { place in
            try await place.importAll()
            let daemon = try await place.startDaemon()
            let (old, other) = (place.users[0].id.rawValue, place.users[1].id.rawValue)
            #expect(try await place.run("refresh", old).status == 0)
            if !isRunning {
                daemon.send(SIGTERM)
                _ = await daemon.result()
            }
            let taken = try await place.run("users", "rename", old, other)
            #expect(taken.status == 65 && taken.errors.contains("there is a user \(other) already"))
            let nobody = try await place.run("users", "rename", "nobody", "x")
            #expect(nobody.status == 65 && nobody.errors.contains("there is no user nobody"))
            #expect(try await place.run("users", "rename", old, old).status == 64)
            let renamed = try await place.run("users", "rename", old, "new name")
            #expect(renamed.status == 0, "\(renamed.errors)")
            #expect(renamed.output.wholeMatch(of: /user-\d+: renamed to new name; next call \S+Z\n/) != nil)
            let next = isRunning ? daemon : try await place.startDaemon()
            // The history came along, and with it the minimum interval; removed and added, it would be called at once.
            let refused = try await place.run("refresh", "new name")
            #expect(refused.status == 75 && refused.output.contains("refused until"), "\(refused.output)")
            let forced = try await place.run("refresh", "new name", "--force")
            #expect(forced.status == 0, "\(forced.output)")
            let history = try await place.run("history", "new name", "--json")
            #expect((history.object["attempts"] as? [Any])?.count == 2)
            #expect(try await place.run("users", "show", old).status == 65)
            #expect(place.sandbox.calls(ofUser: place.users[0].id)?.count == 2)
            if isRunning { #expect(next.errors.text.contains("User new name was renamed from \(old)")) }
            next.send(SIGTERM)
            _ = await next.result()
        }
    }
}
