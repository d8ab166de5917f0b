import Foundation
import Glibc
import TestSupport
import Testing
import TightSandbox

/// A store that vanishes, and one that was never there.
@Suite(.timeLimit(.minutes(1)))
struct StorePlaceTests {
    private func curl(_ place: Workplace, _ path: String, port: Int) async throws -> String {
        try await place.start(
            "/usr/bin/curl", ["-s", "-i", "--max-time", "20", "http://127.0.0.1:\(port)\(path)"], environment: [:]
        ).result().output
    }

    @Test func `a store that is moved away under the daemon is told, refused, not made anew, and taken up again`()
        async throws
    {
        try await Workplace.with { place in
            let port = try LoopbackPort.free()
            try place.configure(["web": ["listen": "127.0.0.1:\(port)"]])
            try await place.importAll()
            let listener = try NotifyListener(path: place.directory + "/notify.sock")
            // Without a watchdog a turn each minute would do: longer than this test may take.
            let daemon = try await place.startDaemon(environment: ["NOTIFY_SOCKET": place.directory + "/notify.sock"])
            // Once a turn has come to its end nothing else wakes the scheduler: nobody is due for hours.
            let ready = ["-s", "-f", "--retry", "20", "--retry-delay", "1", "--retry-all-errors"]
            let isReady = try await place.start(
                "/usr/bin/curl", ready + ["http://127.0.0.1:\(port)/readyz"], environment: [:]
            ).result()
            #expect(isReady.status == 0)
            let away = place.directory + "/away"
            #expect(mkdir(away, 0o700) == 0)
            let files = ["", "-wal", "-shm", ".lock"]
            for suffix in files { #expect(rename(place.store + suffix, away + "/store" + suffix) == 0, "\(suffix)") }
            let words = "the store \(place.store) is not in its place: \(place.store) is gone"
            #expect(await daemon.errors.wait(for: " error: The store does not work: \(words) (put the file back"))
            // As much of it as is shown of long paths.
            let shown = "STATUS=The store does not work: the store \(place.store) is not in its place"
            #expect(await listener.heard.wait(for: shown))
            let added = try await place.run("users", "add", "zoe", input: place.token(0))
            #expect(added.status == 75)
            #expect(added.errors.contains(words) && added.errors.contains("put the file back"))
            #expect(try await place.run("refresh", "user-000001", "--force").status != 0)
            #expect(try await curl(place, "/readyz", port: port).hasPrefix("HTTP/1.1 503 "))
            let health = try await curl(place, "/healthz", port: port)
            #expect(health.hasPrefix("HTTP/1.1 200 ") && health.contains(words))
            let status = try await place.run("status")
            #expect(status.output.contains("The store does not work: \(words)"), "\(status.output)\(status.errors)")
            #expect(place.sandbox.totals.total == 0)
            #expect(!FileManager.default.fileExists(atPath: place.store))

            for suffix in files { #expect(rename(away + "/store" + suffix, place.store + suffix) == 0) }
            #expect(await daemon.errors.wait(for: " notice: The store works again"))
            #expect(try await place.run("refresh", "user-000001").status == 0)
            #expect(try await curl(place, "/readyz", port: port).hasPrefix("HTTP/1.1 200 "))
            daemon.send(SIGTERM)
            #expect(await daemon.ended() == 0)
        }
    }

    @Test func `a file of the store that belongs to root is named at the start, with the remedy`() async throws {
        try await Workplace.with { place in
            for path in [place.directory, place.key] {
                try #require(chown(path, 65_534, 65_534) == 0, "this test gives files away: run it as root")
            }
            try await place.importAll()
            let daemon = try await place.startDaemon()
            #expect(try await place.run("users", "pause", "user-000001").status == 0)
            daemon.send(SIGKILL)
            _ = await daemon.result()
            for suffix in ["-wal", "-shm"] {
                let file = place.store + suffix
                // As a program leaves it that root has looked into the store with.
                #expect(chown(file, 0, 0) == 0 && chmod(file, 0o600) == 0)
                let refused = try await place.runAsNobody("run")
                #expect(refused.status == 77, "\(refused.errors)")
                #expect(refused.errors.contains("\(file) belongs to root, and user 65534 may not read and write it"))
                #expect(refused.errors.contains("chown bankrefreshd: \(place.store)*"))
                #expect(chown(file, 65_534, 65_534) == 0)
            }
        }
    }

    @Test func `a store that is made new is told, and is not where it must exist`() async throws {
        try await Workplace.with { place in
            try place.configure([
                "store": ["sqlite": ["path": place.store], "key": ["file": place.key], "mustExist": true]
            ])
            // Its disk may be mounted later: the daemon's start is tried again.
            let starts: [([String], Int32)] = [(["run"], 75), (["users", "list"], 78)]
            for (arguments, status) in starts {
                let refused = try await place.start(arguments).result()
                #expect(refused.status == status, "\(refused.errors)")
                #expect(refused.errors.contains("there is no store at \(place.store)"))
                #expect(refused.errors.contains("mount the file system that holds it"))
            }
            let disk = place.directory + "/disk/"
            try place.configure([
                "store": ["sqlite": ["path": disk + "store.sqlite"], "key": ["file": place.key], "mustExist": true]
            ])
            for (arguments, status) in starts {
                let refused = try await place.start(arguments).result()
                #expect(refused.status == status, "\(refused.errors)")
                #expect(refused.errors.contains("there is no directory \(disk)"))
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: place.directory)
            #expect(!left.contains { $0.hasPrefix("store.sqlite") })
            try place.configure()
            let first = try await place.startDaemon()
            #expect(
                first.errors.text.contains(" warning: There was no store at \(place.store): the new one is empty"))
            first.send(SIGTERM)
            _ = await first.result()
            let second = try await place.startDaemon()
            #expect(!second.errors.text.contains("There was no store"))
        }
    }

    @Test func `a store that a command made new is told at the start`() async throws {
        try await Workplace.with { place in
            try place.configure()
            #expect(try await place.run("pause").status == 0)
            #expect(try await place.run("users", "list").status == 0)
            let daemon = try await place.startDaemon()
            #expect(daemon.errors.text.contains(" warning: There was no store at \(place.store): the new one is empty"))
        }
    }
}
