import Foundation
import Glibc
import Testing

/// Ends that come at awkward moments, and places where little is there.
@Suite(.timeLimit(.minutes(1)))
struct EndingTests {
    /// As the service manager ends the command of `ExecReload=` when the service is stopped meanwhile.
    @Test func `a reload that is told to end has not failed`() async throws {
        try await Workplace.with { place in
            let daemon = try await place.startDaemon()
            daemon.send(SIGSTOP)
            let reload = try place.start(["reload"])
            // Connected, and waiting for the answer.
            while try socketPeers(of: reload.pid).isEmpty { try await Task.sleep(for: .milliseconds(20)) }
            reload.send(SIGTERM)
            #expect(await reload.ended() == 0)
            daemon.send(SIGCONT)
        }
    }

    /// systemd ends the daemon first, and this command right after: on a busy machine the daemon is gone by then.
    @Test(arguments: [SIGTERM, SIGKILL])
    func `a reload under systemd whose daemon goes away has not failed if it is ended too`(daemonEndsBy: Int32)
        async throws
    {
        try await Workplace.with { place in
            let daemon = try await place.startDaemon()
            daemon.send(SIGSTOP)
            let reload = try place.start(
                ["reload"], environment: ["BANKREFRESHD_CONFIG": place.config, "MAINPID": "\(daemon.pid)"])
            while try socketPeers(of: reload.pid).isEmpty { try await Task.sleep(for: .milliseconds(20)) }
            daemon.send(daemonEndsBy)
            daemon.send(SIGCONT)
            // The command has seen that its daemon is gone.
            while (try? socketPeers(of: reload.pid).isEmpty) == false { try await Task.sleep(for: .milliseconds(5)) }
            reload.send(SIGTERM)
            #expect(await reload.ended() == 0)
            #expect(reload.errors.text.isEmpty)
        }
    }

    /// It is the daemon that died then, and systemd starts another.
    @Test func `a reload under systemd whose daemon goes away fails if nobody ends it`() async throws {
        try await Workplace.with { place in
            let reload = try await place.run(
                "reload", environment: ["BANKREFRESHD_CONFIG": place.config, "MAINPID": "1"])
            #expect(reload.status == 69)
            #expect(reload.errors.contains("no daemon is reachable"))
        }
    }

    private func socketPeers(of process: pid_t) throws -> [String] {
        let directory = "/proc/\(process)/fd"
        return try FileManager.default.contentsOfDirectory(atPath: directory).filter { name in
            guard let descriptor = Int(name), descriptor > 2 else { return false }
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\(name)")
            return target?.hasPrefix("socket:") ?? false
        }
    }

    @Test func `as process 1 the daemon hears a signal during its start`() async throws {
        try #require(geteuid() == 0, "this test makes a namespace: run it as root")
        try await Workplace.with { place in
            // The start waits for a while for a store that somebody else works with.
            let holder = try place.start(
                "/usr/bin/flock", ["--no-fork", place.store + ".lock", "sh", "-c", "echo held; exec sleep 50"],
                environment: [:])
            #expect(await holder.output.wait(for: "held"))
            let outer = try place.start(
                "/usr/bin/unshare", ["--pid", "--fork", try Program.bankrefreshd.path(), "run"],
                environment: ["BANKREFRESHD_CONFIG": place.config])
            #expect(await outer.errors.wait(for: " is starting\n"))
            let children = try String(
                contentsOfFile: "/proc/\(outer.pid)/task/\(outer.pid)/children", encoding: .utf8)
            let daemon = try #require(pid_t(children.trimmingCharacters(in: .whitespaces)))
            #expect(kill(daemon, SIGTERM) == 0)
            #expect(await outer.ended() == 0)
            #expect(!outer.errors.text.contains("in use"))
        }
    }

    @Test(arguments: [["status"], ["--generate-completion-script", "bash"], ["run"]])
    func `without /proc a command says so, and prints nothing else`(arguments: [String]) async throws {
        try #require(geteuid() == 0, "this test unmounts /proc for itself: run it as root")
        try await Workplace.with { place in
            let run = try await place.start(
                "/usr/bin/unshare",
                [
                    "--mount", "sh", "-c", "umount -l /proc && exec \"$0\" \"$@\"", try Program.bankrefreshd.path(),
                ] + arguments, environment: ["BANKREFRESHD_CONFIG": place.config]
            ).result()
            #expect(run.status == 78)
            #expect(run.output.isEmpty)
            #expect(run.errors.contains("the command's arguments cannot be read: /proc is not mounted"))
        }
    }
}
