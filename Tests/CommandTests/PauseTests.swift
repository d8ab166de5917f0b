import Foundation
import Glibc
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PauseTests {
    @Test(arguments: [true, false])
    func `a pause tells its end and its reason wherever one looks`(isRunning: Bool) async throws {
        try await Workplace.with { place in
            try await place.importAll()
            var daemon = isRunning ? try await place.startDaemon() : nil
            let paused = try await place.run(
                "pause", "--until", "2090-01-31T06:00:00Z", "--reason", "bank\nholiday, \u{1B}[31mticket 47")
            #expect(paused.status == 0)
            let words = "until 2090-01-31T06:00:00Z (bank holiday, [31mticket 47)"
            #expect(paused.output == "paused \(words); bankrefreshd resume ends it\n")
            if let running = daemon {
                #expect(await running.errors.wait(for: "All calls are paused \(words)"))
                running.send(SIGTERM)
                _ = await running.result()
            }
            let down = try await place.run("status")
            #expect(down.output.contains("until 2090-01-31T06:00:00Z: bank holiday, [31mticket 47"))
            // Over a restart too.
            daemon = try await place.startDaemon()
            #expect(await daemon?.errors.wait(for: "All calls are paused \(words)") == true)
            let status = try await place.run("status", "--json").object
            #expect(status["fleetPauseReason"] as? String == "bank holiday, [31mticket 47")
            #expect(status["fleetPausedUntil"] as? String == "2090-01-31T06:00:00Z")
            let resumed = try await place.run("resume")
            #expect(resumed.output.hasPrefix("not paused any more (it was: bank holiday, [31mticket 47); "))
            #expect(await daemon?.errors.wait(for: "The pause of all calls is over (it was: bank holiday") == true)
            #expect(try await place.run("status", "--json").object["fleetPauseReason"] == nil)
        }
    }

    @Test(
        arguments: [
            (["--for", "1h", "--until", "2090-01-01T00:00:00Z"], "not both"),
            (["--until", "tomorrow"], "not a moment"), (["--until", "2020-01-01T00:00:00Z"], "has passed"),
            (["--for", "soon"], "90m, 4h"),
        ] as [([String], String)])
    func `an end that cannot be is refused, and nothing is paused`(arguments: [String], named: String) async throws {
        try await Workplace.with { place in
            try await place.importAll()
            let refused = try await place.start(["pause"] + arguments).result()
            #expect(refused.status == 64)
            #expect(refused.errors.contains(named))
            #expect(try await place.run("status", "--json").object["fleetPaused"] as? Bool == false)
        }
    }
}
