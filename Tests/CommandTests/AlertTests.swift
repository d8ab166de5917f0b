import Foundation
import Glibc
import RefreshCore
import Testing
import TightSandbox

@Suite(.timeLimit(.minutes(1)))
struct AlertTests {
    /// Told as soon as it is seen: the first look is the one at the start.
    private static let alerts = ["expiring": ["for": "0s"]]

    private func add(_ user: Int, to place: Workplace, expiring days: Double) async throws {
        let expiry = Date(timeIntervalSinceNow: days * 86_400).formatted(.iso8601)
        let added = try await place.start(
            ["users", "add", place.users[user].id.rawValue, "--expires-at", expiry], input: Data(place.token(user).utf8)
        ).result()
        try #require(added.status == 0, "\(added.errors)")
    }

    @Test func `an alert is told once, shown while it lasts, and its end told once, over restarts`() async throws {
        try await Workplace.with { place in
            try place.configure(["alerts": Self.alerts])
            try await add(0, to: place, expiring: 2)
            try await add(1, to: place, expiring: 40)
            let raised = "warning: Alert: 1 token will expire within 3 d (alert from 1 token)"
            let over = "notice: The alert is over after "

            let first = try await place.startDaemon()
            #expect(await first.errors.wait(for: raised))
            let status = try await place.run("status")
            #expect(
                status.output.contains(#/health +1 token will expire within 3 d .*\n +attention +An alert since 20/#))
            let json = try await place.run("status", "--json").object["alerts"] as? [[String: Any]]
            #expect(json?.first?["kind"] as? String == "expiring")
            #expect(json?.first?["users"] as? Int == 1)
            let terminal = try Terminal()
            let watch = try place.start(
                ["status", "--watch"], terminal: terminal,
                environment: ["BANKREFRESHD_CONFIG": place.config, "TERM": "xterm-256color", "LANG": "C.UTF-8"])
            #expect(await terminal.shown.wait(for: "1 token will expire within 3 d"))
            #expect(await terminal.shown.wait(for: "! An alert since 20"))
            #expect(await terminal.shown.wait(for: "bankrefreshd users list --sort expiry"))
            watch.send(SIGINT)
            #expect(await watch.ended() == 0)
            first.send(SIGTERM)
            #expect(await first.result().status == 0)
            // What the last daemon left is told by the store.
            #expect(try await place.run("status").output.contains("1 token will expire within 3 d"))

            let second = try await place.startDaemon()
            #expect(try await place.run("status").output.contains("1 token will expire within 3 d"))
            second.send(SIGTERM)
            let quiet = await second.result()
            #expect(!quiet.errors.contains("Alert") && !quiet.errors.contains("alert"))

            try await add(0, to: place, expiring: 40)
            let third = try await place.startDaemon()
            #expect(await third.errors.wait(for: over))
            #expect(try await !place.run("status").output.contains("1 token will expire within 3 d"))
            third.send(SIGTERM)
            #expect(await third.result().errors.components(separatedBy: over).count == 2)
        }
    }
}
