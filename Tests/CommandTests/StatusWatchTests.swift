import Foundation
import Glibc
import Testing
import TightSandbox

@Suite(.timeLimit(.minutes(1)))
struct StatusWatchTests {
    private static let enter = "\u{1B}[?1049h"
    private static let leave = "\u{1B}[?1049l"

    private static let frameEnd = "\u{1B}[?2026l"

    /// The lines of each frame that is whole, without styles.
    private func frames(_ terminal: Terminal) -> [[String]] {
        // A terminal puts a CR before each LF, whatever is there already; the two look like one character.
        let text = String(String.UnicodeScalarView(terminal.shown.text.unicodeScalars.filter { $0 != "\r" }))
        return text.components(separatedBy: Self.frameEnd).dropLast().compactMap { frame in
            frame.components(separatedBy: "\u{1B}[H").last?.replacing(/\u{1B}\[[\d;?]*[A-Za-z]/, with: "")
                .components(separatedBy: "\n")
        }
    }

    private func watch(_ place: Workplace, on terminal: Terminal, _ arguments: String...) throws -> ProgramRun {
        try place.start(
            ["status", "--watch", "--interval", "200ms"] + arguments, terminal: terminal,
            environment: ["BANKREFRESHD_CONFIG": place.config, "TERM": "xterm-256color", "LANG": "C.UTF-8"])
    }

    @Test func `it shows live what the daemon does, and gives the terminal back`() async throws {
        try await Workplace.with(users: 30) { place in
            try place.configure(["schedule": ["every": "30d"]])
            try await place.importAll()
            _ = try await place.run("users", "add", "mallory", input: "wrong-token")
            _ = try await place.startDaemon()
            _ = try await place.run("refresh", "mallory")
            let terminal = try Terminal()
            // Open at both ends all the time, as a terminal with a shell in it is.
            let shell = fcntl(terminal.programSide.fileDescriptor, F_DUPFD_CLOEXEC, 0)
            let watch = try watch(place, on: terminal)
            #expect(await terminal.shown.wait(for: "All is well: "))
            #expect(!terminal.echoes)
            #expect(
                await terminal.shown.wait(
                    for: "! 1 user is parked: token refused  (bankrefreshd users list --state parked)"))
            #expect(try await place.run("refresh", "--all").status == 0)
            #expect(await terminal.shown.wait(for: "          30\u{1B}[0m\u{1B}[K"), "\(frames(terminal).last ?? [])")
            _ = try await place.run("pause", "--reason", "night shift")
            #expect(await terminal.shown.wait(for: "All calls are paused"))
            #expect(await terminal.shown.wait(for: "until they are resumed: night shift."))
            #expect(await terminal.shown.wait(for: Self.frameEnd, times: frames(terminal).count + 1))
            let last = try #require(frames(terminal).last)
            #expect(last.contains { $0.hasPrefix("in flight      0 of ") })
            #expect(last.contains { $0.hasPrefix("refreshed ") && $0.hasSuffix("30") })
            #expect(last.contains { $0.hasPrefix("users          31: 30 scheduled, 0 backing off, 1 parked") })
            #expect(last.contains { $0.hasPrefix("calls ") && $0.contains(/[▁-█]/) })
            for frame in frames(terminal) {
                #expect(frame.count <= 24)
                #expect(frame.allSatisfy { $0.count <= 80 })
            }
            watch.send(SIGINT)
            #expect(await watch.ended() == 0)
            #expect(await terminal.shown.wait(for: Self.leave))
            #expect(terminal.shown.text.components(separatedBy: Self.enter).count == 2)
            #expect(terminal.shown.text.hasSuffix("\u{1B}[?7h\u{1B}[?25h" + Self.leave))
            #expect(terminal.echoes)
            close(shell)
        }
    }

    @Test(arguments: [(20, 5), (10, 2), (1, 1), (200, 60)] as [(UInt16, UInt16)])
    func `it fits terminals of any size, and one that changes it`(columns: UInt16, rows: UInt16) async throws {
        try await Workplace.with { place in
            try await place.importAll()
            _ = try await place.startDaemon()
            let terminal = try Terminal()
            let watch = try watch(place, on: terminal)
            #expect(await terminal.shown.wait(for: "q quits"))
            terminal.resize(columns: columns, rows: rows)
            // The first of them may have been begun before.
            for _ in 1...2 {
                let before = frames(terminal).count
                watch.send(SIGWINCH)
                #expect(await terminal.shown.wait(for: Self.frameEnd, times: before + 1))
            }
            terminal.type("q")
            #expect(await watch.result().status == 0)
            let last = try #require(frames(terminal).last)
            #expect(last.count <= rows)
            #expect(last.allSatisfy { $0.count <= columns })
            #expect(last[0].hasPrefix("b") || columns == 1)
        }
    }

    @Test func `a daemon that ends and comes back is waited for`() async throws {
        try await Workplace.with { place in
            try await place.importAll()
            let terminal = try Terminal()
            let watch = try watch(place, on: terminal)
            #expect(await terminal.shown.wait(for: "no daemon is reachable"))
            let daemon = try await place.startDaemon()
            #expect(await terminal.shown.wait(for: "All is well: "))
            daemon.send(SIGTERM)
            _ = await daemon.result()
            #expect(await terminal.shown.wait(for: "as it was "))
            watch.send(SIGTERM)
            let ended = await watch.result()
            #expect(ended.status == 128 + SIGTERM)
            #expect(ended.output.hasSuffix(Self.leave))
        }
    }

    @Test func `without a terminal it says what there is instead`() async throws {
        try await Workplace.with { place in
            let refused = try await place.run("status", "--watch")
            #expect(refused.status == 64)
            #expect(refused.output.isEmpty)
            #expect(refused.errors.contains("status --watch needs a terminal"))
            #expect(refused.errors.contains("bankrefreshd status --watch --json"))
            #expect(try await place.run("status", "--interval", "1s").status == 64)
            #expect(try await place.run("status", "--watch", "--json", "--interval", "1ms").status == 64)
        }
    }

    @Test func `for a program there is one document a line`() async throws {
        try await Workplace.with { place in
            try await place.importAll()
            let run = try place.start(["status", "--watch", "--json", "--interval", "200ms"])
            #expect(await run.output.wait(for: "no daemon is reachable"))
            let daemon = try await place.startDaemon()
            #expect(await run.output.wait(for: #""phase":"running""#))
            daemon.send(SIGTERM)
            _ = await daemon.result()
            run.send(SIGTERM)
            let result = await run.result()
            let documents = try result.output.split(separator: "\n").map {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            }
            #expect(documents.count >= 2)
            #expect(documents[0]?["phase"] as? String == "down")
            #expect(documents.contains { $0?["users"] as? Int == 3 })
            #expect(result.errors.isEmpty)
        }
    }
}
