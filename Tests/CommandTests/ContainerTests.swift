import Foundation
import Glibc
import Testing

/// What a container is to a daemon: process 1, secrets in volumes, and disks that may be somebody else's.
@Suite(.timeLimit(.minutes(1)))
struct ContainerTests {
    /// Process 1 of a PID namespace of its own, and the daemon that it keeps, once that is ready.
    private struct Container {
        let run: ProgramRun
        let first: pid_t
        let daemon: pid_t
    }

    private func startAsFirst(in place: Workplace, environment: [String: String] = [:]) async throws -> Container {
        let run = try place.start(
            "/usr/bin/unshare",
            ["--pid", "--fork", "--mount-proc", "--kill-child", try Program.bankrefreshd.path(), "run"],
            environment: environment.merging(["BANKREFRESHD_CONFIG": place.config]) { $1 })
        #expect(await run.errors.wait(for: " notice: Ready: "))
        let first = try onlyChild(of: run.pid)
        return Container(run: run, first: first, daemon: try onlyChild(of: first))
    }

    private func onlyChild(of parent: pid_t) throws -> pid_t {
        let children = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(parent)/task").map {
            try String(contentsOfFile: "/proc/\(parent)/task/\($0)/children", encoding: .utf8)
        }.joined()
        return try #require(pid_t(children.trimmingCharacters(in: .whitespaces)), "\(children)")
    }

    @Test func `process 1 ends as the daemon did, which the kernel can kill`() async throws {
        try await Workplace.with { place in
            let container = try await startAsFirst(in: place)
            let name = try String(contentsOfFile: "/proc/\(container.daemon)/comm", encoding: .utf8)
            #expect(name == "bankrefreshd\n")
            // As a timer inside would: from outside, SIGKILL reaches process 1 as well.
            let script = "kill -KILL 1; kill -KILL $(cat /proc/1/task/*/children)"
            let killing = try place.start(
                "/usr/bin/nsenter", ["--target=\(container.first)", "--pid", "--mount", "/bin/sh", "-c", script],
                environment: [:])
            #expect(await killing.ended() == 0)
            #expect(await container.run.ended() == 128 + SIGKILL)
        }
    }

    @Test func `process 1 ends with the exit code of a daemon that cannot start`() async throws {
        try await Workplace.with { place in
            try place.configure(["api": ["baseURL": "ftp://example.com"]])
            let refused = try await place.start(
                "/usr/bin/unshare",
                ["--pid", "--fork", "--mount-proc", "--kill-child", try Program.bankrefreshd.path(), "run"],
                environment: ["BANKREFRESHD_CONFIG": place.config]
            ).result()
            #expect(refused.status == 78, "\(refused.errors)")
            #expect(refused.errors.contains("api.baseURL"))
        }
    }

    @Test func `process 1 passes a reload on, and the daemon talks to the service manager itself`() async throws {
        try await Workplace.with { place in
            let socket = place.directory + "/notify"
            let manager = try NotifyListener(path: socket)
            let container = try await startAsFirst(
                in: place,
                environment: ["NOTIFY_SOCKET": socket, "WATCHDOG_PID": "1", "WATCHDOG_USEC": "1000000"])
            #expect(await manager.heard.wait(for: "READY=1"))
            // As often as is asked for; a daemon that is not asked says so now and then.
            #expect(await manager.heard.wait(for: "WATCHDOG=1", times: 5))
            kill(container.first, SIGHUP)
            #expect(await manager.heard.wait(for: "RELOADING=1"))
            kill(container.first, SIGINT)
            #expect(await container.run.ended() == 0)
            #expect(manager.heard.text.contains("STOPPING=1"))
        }
    }

    @Test func `as process 1 it reaps who has no parent, answers probes and hears SIGTERM`() async throws {
        try await Workplace.with { place in
            let container = try await startAsFirst(in: place)
            let (run, first) = (container.run, container.first)
            func inside(_ script: String) async throws -> Workplace.Result {
                try await place.start(
                    "/usr/bin/nsenter", ["--target=\(first)", "--pid", "--mount", "/bin/sh", "-c", script],
                    environment: ["BANKREFRESHD_CONFIG": place.config]
                ).result()
            }
            #expect(try await inside("readlink /proc/1/exe").output.hasSuffix("/bankrefreshd\n"))
            // Its parent ends before it: it is process 1's child when it ends, and is gone when that has reaped it.
            let orphan = try await inside(
                """
                orphan=$(sh -c 'sleep 0.1 >/dev/null & echo $!')
                for look in $(seq 100); do
                    [ -e /proc/$orphan ] || exit 0
                    sleep 0.05
                done
                cat /proc/$orphan/stat
                exit 1
                """)
            #expect(orphan.status == 0, "\(orphan.output)")
            let probe = try await inside("exec '\(try Program.bankrefreshd.path())' health")
            #expect(probe.status == 0 && probe.output == "The scheduler works.\n", "\(probe.errors)")
            kill(first, SIGTERM)
            let ended = await run.result()
            #expect(ended.status == 0)
            #expect(ended.errors.hasSuffix("notice: Stopped\n"))
        }
    }

    @Test func `a secret volume of Kubernetes is read through its links`() async throws {
        try await Workplace.with { place in
            try #require(geteuid() == 0, "this test gives files away: run it as root")
            let (secrets, state) = (place.directory + "/secrets", place.directory + "/state")
            for directory in [secrets + "/..2026", state] {
                try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            }
            // As the kubelet lays it out: root's, for the group of the pod.
            let key = secrets + "/..2026/store-key"
            try FileManager.default.copyItem(atPath: place.key, toPath: key)
            try FileManager.default.createSymbolicLink(atPath: secrets + "/..data", withDestinationPath: "..2026")
            try FileManager.default.createSymbolicLink(
                atPath: secrets + "/store-key", withDestinationPath: "..data/store-key")
            chown(key, 0, 54_321)
            chmod(key, 0o440)
            // And so it does with the other volumes, which their group may write.
            chown(state, 0, 54_321)
            chmod(state, 0o2775)
            try place.configure([
                "store": ["sqlite": ["path": state + "/store.sqlite"], "key": ["file": secrets + "/store-key"]],
                "control": ["socket": state + "/control.sock"],
            ])
            func start(_ words: String...) throws -> ProgramRun {
                try place.start(
                    "/usr/bin/setpriv",
                    ["--reuid=54320", "--regid=54320", "--groups=54321", try Program.bankrefreshd.path()] + words,
                    environment: ["BANKREFRESHD_CONFIG": place.config])
            }
            #expect(await (try start("check-config").result()).status == 0)
            let daemon = try start("run")
            #expect(await daemon.errors.wait(for: " notice: Ready: "), "\(daemon.errors.text)")
            #expect(await (try start("health").result()).status == 0)
            daemon.send(SIGTERM)
            #expect(await daemon.ended() == 0)
            // What others can read stays refused.
            chmod(key, 0o444)
            let refused = await (try start("run")).result()
            #expect(refused.status == 78 && refused.errors.contains("others can read it (mode 0444)"))
        }
    }

    @Test(arguments: [("fuse.sshfs", "fuse.sshfs"), ("fuse", "a FUSE file system that does not say which")])
    func `a store that machines share is refused at the start, and by check-config`(
        kind: String, name: String
    ) async throws {
        try await Workplace.with { place in
            let shared = place.directory + "/shared"
            try FileManager.default.createDirectory(atPath: shared, withIntermediateDirectories: false)
            chmod(shared, 0o777)
            try place.configure(["store": ["sqlite": ["path": shared + "/store.sqlite"]]])
            for word in ["run", "check-config"] {
                let refused = try await SharedFileSystem.run(
                    [try Program.bankrefreshd.path(), word], in: place, mounting: kind, at: shared)
                #expect(refused.status == 78, "\(refused.errors)")
                #expect(refused.errors.contains("store.sqlite.path: \(shared)/ is on a file system that machines"))
                #expect(refused.errors.contains("share (\(name)), where"))
                #expect(refused.errors.contains("bankrefreshd store restore FILE"))
                #expect(refused.errors.contains("store.postgresql.hosts"))
                #expect(try FileManager.default.contentsOfDirectory(atPath: shared) == [])
            }
            // One that a program serves on this machine's own disk is no worse than the disk.
            let own = try await SharedFileSystem.run(
                [try Program.bankrefreshd.path(), "check-config"], in: place, mounting: "fuse.gocryptfs", at: shared)
            #expect(!own.errors.contains("machines share") && !own.errors.contains("mount: "), "\(own.errors)")
        }
    }
}
