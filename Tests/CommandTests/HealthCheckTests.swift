import Foundation
import Glibc
import TestSupport
import Testing
import TightSandbox

/// `health` knows two exit codes, and says in a line what `/readyz` says.
@Suite(.timeLimit(.minutes(1)))
struct HealthCheckTests {
    @Test func `health is 0 while the daemon is ready, with the words of readyz`() async throws {
        try await Workplace.with { place in
            let port = try LoopbackPort.free()
            try place.configure(["web": ["listen": "127.0.0.1:\(port)"]])
            let daemon = try await place.startDaemon()
            let page = try await place.start(
                "/usr/bin/curl", ["-s", "--max-time", "20", "http://127.0.0.1:\(port)/readyz"], environment: [:]
            ).result()
            let healthy = try await place.run("health")
            #expect(healthy.status == 0)
            #expect(healthy.output == page.output && healthy.output == "The scheduler works.\n")
            #expect(healthy.errors.isEmpty)
            let json = try await place.run("health", "--json")
            #expect(json.status == 0)
            #expect(json.object["isReady"] as? Bool == true)
            #expect(json.object["detail"] as? String == "The scheduler works.")

            // Neither a pause nor an outage is the daemon's own trouble.
            #expect(try await place.run("pause", "--for", "1h").status == 0)
            #expect(try await place.run("health").status == 0)
            daemon.send(SIGTERM)
            #expect(await daemon.result().status == 0)
        }
    }

    @Test func `health is 1 while calls under way are waited for`() async throws {
        try await Workplace.with(users: 1) { place in
            place.sandbox.set(behaviourForAll: .slow(.seconds(3)))
            try await place.importAll()
            let daemon = try await place.startDaemon()
            let refresh = try place.start(["refresh", "user-000001"])
            try await place.sandbox.waitForCalls(atLeast: 1)
            daemon.send(SIGTERM)
            #expect(await daemon.errors.wait(for: "Stopping; 1 call in flight may end"))
            let stopping = try await place.run("health")
            #expect(stopping.status == 1)
            #expect(stopping.output == "Stopping: calls in flight may end.\n")
            #expect(await refresh.ended() == 0)
        }
    }

    @Test(arguments: [["health"], ["health", "--json"]])
    func `health is 1 in one line where no daemon answers`(arguments: [String]) async throws {
        try await Workplace.with { place in
            func expectUnready(_ result: Workplace.Result, _ words: String, at line: Int = #line) throws {
                #expect(result.status == 1, "line \(line): \(result.errors)")
                #expect(result.errors.isEmpty, "line \(line)")
                let isJSON = arguments.contains("--json")
                let detail = isJSON ? try #require(result.object["detail"] as? String) : result.output
                if isJSON { #expect(result.object["isReady"] as? Bool == false) }
                #expect(detail.contains(words), "line \(line): \(detail)")
                #expect(detail.split(separator: "\n").count == 1, "line \(line)")
            }
            try expectUnready(try await place.start(arguments).result(), place.socket)
            // As a user who may not: the engine's probe runs as the daemon's user, and says so where it does not.
            let daemon = try await place.startDaemon()
            try expectUnready(try await place.runAsNobody(arguments), "no permission to connect")
            daemon.send(SIGKILL)
            _ = await daemon.ended()
            try expectUnready(try await place.start(arguments).result(), place.socket)
            try "{\"api\": {}, \"bogus\": 1}".write(toFile: place.config, atomically: true, encoding: .utf8)
            try expectUnready(try await place.start(arguments).result(), "bogus: no such key")
            try expectUnready(
                try await place.start(arguments, environment: ["BANKREFRESHD_CONFIG": "/none"]).result(),
                "there is no such file")
        }
    }

    @Test func `the daemon's own user may ask for its health`() async throws {
        try await Workplace.with { place in
            let daemon = try await place.startDaemon()
            // The socket is its owner's; another user of its group has it too, and needs nothing but the configuration.
            chown(place.socket, 65534, 65534)
            #expect(try await place.runAsNobody(["health"]).output == "The scheduler works.\n")
            daemon.send(SIGTERM)
            #expect(await daemon.result().status == 0)
        }
    }
}
