import Foundation
import Glibc
import TestSupport
import Testing

/// A store whose disk becomes full, as everybody hears of it: a file system of its own, some MB large.
@Suite(.timeLimit(.minutes(2)))
struct FullDiskTests {
    private static let words = "The store does not work: the disk that holds "

    private final class SmallDisk {
        let path: String
        private var filler: String { path + "/filler" }

        init(in place: Workplace) throws {
            path = place.directory + "/disk"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            let isMounted = Glibc.mount("tmpfs", path, "tmpfs", 0, "size=3m,mode=0755") == 0
            try #require(isMounted, "this test mounts a file system: run it as root")
        }

        deinit { umount2(path, Int32(MNT_DETACH)) }

        /// Takes the last byte of it.
        func fill() throws {
            let descriptor = open(filler, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            defer { close(descriptor) }
            for size in [4_096, 1] {
                let block = [UInt8](repeating: 0, count: size)
                while write(descriptor, block, size) > 0 {}
            }
            try #require(errno == ENOSPC)
        }

        func makeRoom() { unlink(filler) }

        /// Only while nobody has a file open for writing there.
        func mount(readOnly: Bool) throws {
            let flags = UInt(MS_REMOUNT | (readOnly ? MS_RDONLY : 0))
            try #require(Glibc.mount("tmpfs", path, "tmpfs", flags, nil) == 0)
        }
    }

    private func onSmallDisk(_ body: (Workplace, SmallDisk, _ port: Int) async throws -> Void) async throws {
        try await Workplace.with(users: 40) { place in
            let disk = try SmallDisk(in: place)
            let port = try LoopbackPort.free()
            try place.configure([
                "store": ["sqlite": ["path": disk.path + "/store.sqlite"]],
                "schedule": ["every": "10s", "minimumInterval": "1s", "attemptsPerDay": 10_000],
                "web": ["listen": "127.0.0.1:\(port)"], "limits": ["drain": "1s"],
            ])
            try await place.importAll()
            try await body(place, disk, port)
        }
    }

    private func get(_ path: String, _ port: Int, in place: Workplace) async throws -> String {
        try await place.start(
            "/usr/bin/curl", ["-s", "-i", "--max-time", "20", "http://127.0.0.1:\(port)\(path)"], environment: [:]
        ).result().output
    }

    @Test func `the same words are everywhere, and the disk that has room again is enough`() async throws {
        try await onSmallDisk { place, disk, port in
            let listener = try NotifyListener(path: place.directory + "/notify.sock")
            let daemon = try await place.startDaemon(environment: ["NOTIFY_SOCKET": place.directory + "/notify.sock"])
            #expect(try await get("/readyz", port, in: place).hasPrefix("HTTP/1.1 200 "))
            try disk.fill()
            #expect(await daemon.errors.wait(for: " error: " + Self.words))
            let words = Self.words + disk.path + "/store.sqlite is full"
            #expect(
                daemon.errors.text.contains(" error: \(words) (make room; nothing is lost); no calls are made until"))
            #expect(await listener.heard.wait(for: "STATUS=\(words); no calls are made until it does"))

            let terminal = try Terminal()
            let watch = try place.start(
                ["status", "--watch", "--interval", "200ms"], terminal: terminal,
                environment: ["BANKREFRESHD_CONFIG": place.config, "TERM": "xterm", "LANG": "C.UTF-8"])
            #expect(await terminal.shown.wait(for: words.prefix(70).description))
            watch.send(SIGINT)
            _ = await watch.ended()
            let stream = try place.start(["status", "--watch", "--json"])
            #expect(await stream.output.wait(for: "is full"))
            stream.send(SIGTERM)
            let status = try await place.run("status")
            #expect(status.output.contains(words + "; no calls are made until it does"))
            #expect(status.output.contains("  trouble "))
            #expect(status.output.contains("Make room; nothing is lost."))
            #expect(!status.output.contains("Refreshing"))
            let trouble = try await place.run("status", "--json").object["storeTrouble"] as? [String: String]
            #expect(trouble?["problem"] == "the disk that holds \(disk.path)/store.sqlite is full")
            #expect(trouble?["remedy"] == "make room; nothing is lost")

            for (path, code) in [("/healthz", 200), ("/readyz", 503), ("/", 200), ("/api/overview", 200)] {
                let answer = try await get(path, port, in: place).replacing("\\/", with: "/")
                #expect(answer.hasPrefix("HTTP/1.1 \(code) "), "\(path): \(answer.prefix(100))")
                #expect(answer.contains("he disk that holds \(disk.path)/store.sqlite is full"), "\(path)")
                #expect(!answer.contains("All is well"), "\(path)")
            }
            #expect(try await get("/metrics", port, in: place).contains("bankrefreshd_store_working 0\n"))
            let refused = try await place.run("users", "add", "alice", input: "a-token")
            #expect(refused.status == 75)
            #expect(refused.errors.contains("the disk that holds \(disk.path)/store.sqlite is full"))
            for dump in ["full(place:", "StoreProblem"] { #expect(!daemon.errors.text.contains(dump)) }

            disk.makeRoom()
            #expect(await daemon.errors.wait(for: "The store works again"))
            #expect(daemon.errors.text.components(separatedBy: Self.words).count == 2)
            #expect(try await get("/readyz", port, in: place).hasPrefix("HTTP/1.1 200 "))
            #expect(try await place.run("status").output.contains("Refreshing"))
            daemon.send(SIGTERM)
            #expect(await daemon.result().status == 0)
        }
    }

    @Test func `a daemon stops well on a full disk, does not start on one, and goes on when there is room`()
        async throws
    {
        try await onSmallDisk { place, disk, _ in
            let daemon = try await place.startDaemon()
            try disk.fill()
            #expect(await daemon.errors.wait(for: " error: " + Self.words))
            daemon.send(SIGTERM)
            let stopped = await daemon.result()
            #expect(stopped.status == 0, "\(stopped.errors)")
            #expect(stopped.errors.contains(" notice: Stopped"))
            for _ in 1...2 {
                let refused = try await place.run("run")
                #expect(refused.status == 75, "\(refused.errors)")
                #expect(
                    refused.errors.contains("The daemon cannot run: the disk that holds \(disk.path)/store.sqlite is"))
                #expect(refused.errors.contains("make room; nothing is lost"))
                #expect(!refused.errors.contains("Ready"))
            }
            disk.makeRoom()
            _ = try await place.startDaemon()
            #expect(try await place.run("status", "--json").object["users"] as? Int == 40)
        }
    }
    @Test func `a daemon does not start on a disk that is only read, and is to be started again`() async throws {
        try await onSmallDisk { place, disk, _ in
            try disk.mount(readOnly: true)
            let refused = try await place.run("run")
            // What an error of the file system left so is mended by a mount; the service manager tries again until then.
            #expect(refused.status == 75, "\(refused.errors)")
            #expect(
                refused.errors.contains(
                    "The daemon cannot run: the store \(disk.path)/store.sqlite does not answer: its disk is mounted "
                        + "read-only; mount it for writing; where only the service sees it so, name it in"
                        + " ReadWritePaths= of its unit; nothing is lost"), "\(refused.errors)")
            for command in [["users", "list"], ["store", "compact"], ["key", "rotate"]] {
                let refused = try await place.start(command).result()
                #expect(refused.status == 75, "\(command): \(refused.errors)")
                #expect(refused.errors.contains("its disk is mounted read-only"), "\(command): \(refused.errors)")
            }
            try disk.mount(readOnly: false)
            let daemon = try await place.startDaemon()
            daemon.send(SIGTERM)
            #expect(await daemon.ended() == 0)

            // The place of a backup is somebody's choice, and nothing to try again for.
            try disk.mount(readOnly: true)
            try place.configure()
            try await place.importAll()
            let backup = try await place.run("store", "backup", disk.path + "/backup.sqlite")
            #expect(backup.status == 77, "\(backup.errors)")
            #expect(backup.errors.contains("cannot be written: its disk is mounted read-only"), "\(backup.errors)")
            try disk.mount(readOnly: false)
        }
    }
}
