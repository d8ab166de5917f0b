import Foundation
import Glibc
import Testing
import TightSandbox

@Suite(.timeLimit(.minutes(1)))
struct SecrecyTests {
    /// The argument lists and environments of every process.
    private static func processes() -> Data {
        var all = Data()
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] where Int(name) != nil {
            for file in ["cmdline", "environ"] {
                all += FileManager.default.contents(atPath: "/proc/\(name)/\(file)") ?? Data()
            }
        }
        return all
    }

    @Test func `no token is ever to be read anywhere`() async throws {
        try await Workplace.with(users: 4) { place in
            let wrong = "wrong-" + UUID().uuidString
            let tokens = place.users.indices.map(place.token) + [wrong]
            try await place.importAll()
            let daemon = try await place.startDaemon()
            place.sandbox.set(behaviour: .failure, forUser: place.users[1].id)
            place.sandbox.set(behaviour: .status(500, .json), forUser: place.users[2].id)

            let terminal = try Terminal()
            let adding = try place.start(["users", "add", "mallory"], terminal: terminal)
            #expect(await terminal.shown.wait(for: "Access token of mallory: "))
            terminal.type(wrong)
            let visible = Self.processes()
            for token in tokens { #expect(visible.range(of: Data(token.utf8)) == nil) }
            terminal.type("\r")
            #expect(await adding.result().status == 0)

            for arguments in [
                ["refresh", "--all"], ["users", "list"], ["users", "list", "--json"], ["users", "show", "mallory"],
                ["status", "--json"], ["reload"], ["users", "remove", "user-000004"],
            ] { _ = try await place.start(arguments).result() }
            _ = try await place.run("users", "add", "bad", input: tokens[0] + " " + tokens[1])
            _ = try await place.run("users", "import", "-", input: "user_id,access_token\nbad,\(tokens[0]) x\n")
            _ = try await place.run("users", "import", "-", input: tokens[2] + "\n")
            #expect(place.sandbox.calls.total >= 4)
            #expect(place.sandbox.calls.unknownTokens >= 1)
            for isRunning in [true, false] {
                if !isRunning {
                    daemon.send(SIGTERM)
                    #expect(await daemon.result().status == 0)
                }
                for token in tokens { #expect(place.placesHolding(token) == []) }
            }
            // The search itself finds what is there.
            #expect(place.placesHolding("mallory").contains(place.store))
        }
    }
}
