import Foundation
import Glibc
import RefreshCore
import Testing
import TightSandbox

@Suite(.timeLimit(.minutes(1)))
struct DaemonTests {
    @Test func `it says in readable lines what it does, and answers for itself`() async throws {
        try await Workplace.with { place in
            try await place.importAll()
            let down = try await place.run("status")
            #expect(down.status == 0)
            #expect(down.output.contains("No daemon is running; 3 users are stored"))
            #expect(try await place.run("status", "--json").object["phase"] as? String == "down")

            let daemon = try await place.startDaemon()
            let up = try await place.run("status", "--json").object
            #expect(up["phase"] as? String == "running")
            #expect(up["users"] as? Int == 3)
            #expect(try await place.run("status").output.hasPrefix("bankrefreshd "))
            #expect(try await place.run("refresh", "user-000001").status == 0)
            daemon.send(SIGTERM)
            let ended = await daemon.result()
            #expect(ended.status == 0)
            #expect(ended.output.isEmpty)
            for line in ended.errors.split(separator: "\n") {
                #expect(
                    line.prefixMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (debug|info|notice|warning|error): [A-Z]/)
                        != nil
                        || line.contains("bankrefreshd "), "\(line)")
                #expect(!line.contains("warning") && !line.contains("error"), "\(line)")
            }
            #expect(ended.errors.contains("User user-000001: refreshed in "))
            #expect(ended.errors.hasSuffix("notice: Stopped\n"))
            #expect(!FileManager.default.fileExists(atPath: place.socket))
        }
    }

    @Test func `the service manager is told when it is ready, reloads and stops`() async throws {
        try await Workplace.with { place in
            let listener = try NotifyListener(path: place.directory + "/notify.sock")
            let daemon = try await place.startDaemon(environment: ["NOTIFY_SOCKET": place.directory + "/notify.sock"])
            #expect(await listener.heard.wait(for: "READY=1"))
            #expect(!listener.heard.text.contains("RELOADING=1"))
            daemon.send(SIGHUP)
            #expect(await listener.heard.wait(for: "RELOADING=1"))
            #expect(await daemon.errors.wait(for: "Reloaded: nothing changed"))
            daemon.send(SIGTERM)
            #expect(await listener.heard.wait(for: "STOPPING=1"))
            #expect(await daemon.result().status == 0)
            #expect(listener.heard.text.contains("MONOTONIC_USEC="))
        }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `a signal lets the call under way end, and then the daemon`(signal: Int32) async throws {
        try await Workplace.with(users: 1) { place in
            place.sandbox.set(behaviourForAll: .slow(.seconds(1)))
            try await place.importAll()
            let daemon = try await place.startDaemon()
            let refresh = try place.start(["refresh", "user-000001"])
            try await place.sandbox.waitForCalls(atLeast: 1)
            daemon.send(signal)
            let answer = await refresh.result()
            #expect(answer.output.contains("user-000001: refreshed"))
            let ended = await daemon.result()
            #expect(ended.status == 0)
            #expect(ended.errors.contains("Stopping; 1 call in flight may end"))
            #expect(try await place.show("user-000001")["lastOutcome"] as? String == "refreshed")
        }
    }

    @Test func `a second daemon is refused, and says who is in its way`() async throws {
        try await Workplace.with { place in
            let first = try await place.startDaemon()
            let second = try await place.run("run")
            #expect(second.status == 75)
            #expect(second.errors.contains("the store \(place.store) is in use by process \(first.pid)"))
            // With a store of its own, but the same socket.
            try place.configure(["store": ["sqlite": ["path": place.directory + "/other.sqlite"]]])
            let third = try await place.run("run")
            #expect(third.status == 78)
            #expect(third.errors.contains(place.socket))
            #expect(try await place.run("status", "--json").object["phase"] as? String == "running")
        }
    }

    @Test func `a reload tells what changed, and one that is refused changes nothing`() async throws {
        try await Workplace.with { place in
            let daemon = try await place.startDaemon()
            let same = try await place.run("reload")
            #expect(same.status == 0)
            #expect(same.output == "nothing changed\n")
            try place.configure(["schedule": ["every": "6h"], "store": ["sqlite": ["path": place.store + "2"]]])
            let changed = try await place.run("reload")
            #expect(changed.status == 0)
            #expect(changed.output.contains("schedule.every: 12h → 6h\n"))
            #expect(changed.output.contains("store.sqlite.path: "))
            #expect(changed.output.contains("(takes effect after a restart)"))
            try place.configure(["schedule": ["every": "6h"]])

            try place.configure(["schedule": ["every": "6"], "bogus": [:]])
            let refused = try await place.run("reload")
            #expect(refused.status == 78)
            #expect(refused.errors.contains("the configuration is refused; the one in force stays"))
            #expect(refused.errors.contains("schedule.every is \"6\""))
            #expect(refused.errors.contains("bogus: no such key"))
            #expect(await daemon.errors.wait(for: "Reload refused"))
            // The operator can still ask, while the file is being mended.
            let status = try await place.run("status", "--json")
            #expect(status.status == 0)
            #expect(status.object["phase"] as? String == "running")
            #expect(status.errors.contains("has mistakes"))

            daemon.send(SIGHUP)
            #expect(await daemon.errors.wait(for: "Reload refused"))
            try place.configure(["schedule": ["every": "6h"]])
            #expect(try await place.run("reload").output == "nothing changed\n")
        }
    }

    @Test func `certificates that were renewed are taken by a reload, broken ones change nothing at all`() async throws
    {
        try await Workplace.with { place in
            try await place.importAll()
            let daemon = try await place.startDaemon()
            let authority = URL(filePath: place.directory + "/ca.pem")
            let good = try Data(contentsOf: authority)
            try (good + Data("# renewed\n".utf8)).write(to: authority)
            place.sandbox.set(behaviourForAll: .slow(.seconds(1)))
            let underWay = try place.start(["refresh", "user-000001"])
            try await place.sandbox.waitForCalls(atLeast: 1)
            let renewed = try await place.run("reload")
            #expect(renewed.output == "api.caFile: content changed\n")
            #expect(await underWay.result().output.contains("user-000001: refreshed"))
            place.sandbox.set(behaviourForAll: .success)
            #expect(try await place.run("refresh", "user-000002").status == 0)
            let status = try await place.run("status")
            #expect(status.output.contains("taken, 1 change"))
            #expect(status.output.contains("api.caFile: content changed"))

            // Good in all but the certificates: nothing of it may be taken.
            try Data("none".utf8).write(to: authority)
            try place.configure([
                "schedule": ["every": "6h"], "log": ["refreshed": "summary"], "api": ["connectTimeout": "5s"],
            ])
            let checked = try await place.run("check-config")
            #expect(checked.status == 78)
            #expect(checked.errors.contains("api.caFile: "))
            let refused = try await place.run("reload")
            #expect(refused.status == 78)
            #expect(refused.errors.contains("api.caFile: \(authority.path()) holds no certificate"))
            #expect(await daemon.errors.wait(for: "Reload refused"))
            let report = try await place.run("status", "--json").object["configuration"] as? [String: Any]
            let last = report?["lastReload"] as? [String: Any]
            #expect((last?["problems"] as? [String])?.count == 1)
            #expect((last?["changes"] as? [String])?.isEmpty == true)
            #expect(try await place.run("refresh", "user-000003").status == 0)
            #expect(await daemon.errors.wait(for: "User user-000003: refreshed"))

            // All that was refused counts as changed only now.
            try good.write(to: authority)
            let taken = try await place.run("reload")
            #expect(
                taken.output == """
                    api.connectTimeout: 10s → 5s
                    schedule.every: 12h → 6h
                    log.refreshed: each → summary
                    api.caFile: content changed

                    """)
            #expect(try await place.run("refresh", "user-000001", "--force").status == 0)
            daemon.send(SIGTERM)
            #expect(await daemon.result().status == 0)
        }
    }

    @Test func `what a reload cannot change is told until the restart`() async throws {
        try await Workplace.with { place in
            _ = try await place.startDaemon()
            try place.configure([
                "api": ["baseURL": "https://elsewhere.example/rest"], "store": ["sqlite": ["path": place.store + "2"]],
            ])
            for _ in 0..<2 {
                let reload = try await place.run("reload")
                #expect(reload.output.contains("api.baseURL: "))
                #expect(
                    reload.output.split(separator: "\n").count { $0.hasSuffix("(takes effect after a restart)") } == 2)
            }
            let status = try await place.run("status").output
            #expect(status.contains(#/needs a restart +store.sqlite.path: /#))
            #expect(status.contains(#/needs a restart +api.baseURL: /#))
            let journal = try #require(
                try await place.run("status", "--json").object["configuration"] as? [String: Any])
            #expect((journal["needRestart"] as? [String])?.count == 2)
        }
    }

    @Test(arguments: [["refresh", "alice"], ["refresh", "--all"], ["reload"]])
    func `what only a daemon can do says that none runs`(arguments: [String]) async throws {
        try await Workplace.with { place in
            let refused = try await place.start(arguments).result()
            #expect(refused.status == 69)
            #expect(refused.errors.contains("no daemon is reachable"))
            #expect(refused.errors.contains("systemctl start bankrefreshd"))
        }
    }

    @Test func `a refresh by hand is answered honestly`() async throws {
        try await Workplace.with { place in
            try await place.importAll()
            _ = try await place.startDaemon()
            #expect(try await place.run("refresh", "user-000001").output.contains("user-000001: refreshed, next "))
            let refused = try await place.run("refresh", "user-000001")
            #expect(refused.status == 75)
            #expect(refused.output.contains("refused until "))
            #expect(refused.output.contains("the minimum interval of 1 h between two calls; --force overrides"))
            #expect(try await place.run("refresh", "user-000001", "--force").status == 0)
            let unknown = try await place.run("refresh", "nobody", "user-000002", "--json")
            #expect(unknown.status == 65)
            #expect(unknown.objects.compactMap { $0["answer"] as? String } == ["noSuchUser", "done"])
            place.sandbox.set(behaviourForAll: .failure)
            let all = try await place.run("refresh", "--all")
            #expect(all.status == 75)
            // Who failed, and the counts.
            #expect(all.output.split(separator: "\n").count == 2)
            #expect(all.output.contains("user-000003: rejected, "))
            #expect(all.output.hasSuffix("\n1 user called: 1 rejected; 2 refused: 2 minimum interval\n"))
            #expect(place.sandbox.calls.users["user-000001"]?.count == 2)
        }
    }
}
