import Foundation
import Glibc
import Testing

/// Output is whole, or the exit code says that it is not.
@Suite(.timeLimit(.minutes(1)))
struct OutputTests {
    /// Runs a line of the shell in which `$0` is the program.
    private func shell(_ line: String, _ arguments: [String], in place: Workplace) async throws -> Workplace.Result {
        try await place.start(
            "/bin/sh", ["-c", line, try Program.bankrefreshd.path()] + arguments,
            environment: ["BANKREFRESHD_CONFIG": place.config]
        ).result()
    }

    private func expectFailure(_ arguments: [String], in place: Workplace) async throws {
        let run = try await shell("exec \"$0\" \"$@\" > /dev/full", arguments, in: place)
        #expect(run.status == 74, "\(arguments): \(run.status) \(run.errors)")
        #expect(
            run.errors.contains("standard output cannot be written: No space left on device"),
            "\(arguments): \(run.errors)")
    }

    @Test func `a command whose output cannot be written fails, whichever it is`() async throws {
        try await Workplace.with { place in
            try await place.importAll()
            for arguments in [
                ["--help"], ["--version"], ["--generate-completion-script", "bash"], ["users", "--help"],
                ["key", "generate"], ["key", "status"], ["key", "prune"], ["check-config"], ["check-config", "--json"],
                ["status"], ["status", "--json"], ["status", "--watch", "--json"], ["plan"], ["plan", "--json"],
                ["users", "list"], ["users", "list", "--json"], ["users", "export", "--all"],
                ["users", "export", "user-000001"], ["users", "show", "user-000001"], ["history", "user-000001"],
                ["users", "pause", "user-000001"], ["users", "resume", "user-000001"],
            ] {
                try await expectFailure(arguments, in: place)
            }
            _ = try await place.startDaemon()
            for arguments in [
                ["reload"], ["pause", "--for", "1h"], ["resume"], ["refresh", "user-000002"], ["users", "list"],
                ["users", "remove", "user-000003"],
            ] {
                try await expectFailure(arguments, in: place)
            }
            // What was asked for is done, all the same.
            #expect(try await place.run("users", "show", "user-000003").status == 65)
        }
    }

    @Test func `a file system that becomes full in the middle is told`() async throws {
        try #require(geteuid() == 0, "this test mounts a file system: run it as root")
        try await Workplace.with(users: 2_000) { place in
            try await place.importAll()
            let run = try await shell(
                """
                mkdir full && exec unshare --mount sh -c \
                'mount -t tmpfs -o size=64k full full && "$0" "$@" > full/out; echo $? && wc -c < full/out' "$0" "$@"
                """, ["users", "export", "--all"], in: place)
            #expect(run.output == "74\n65536\n")
            #expect(run.errors.contains("No space left on device"))
        }
    }

    @Test func `a pipe that does not block loses no line`() async throws {
        try await Workplace.with(users: 2_000) { place in
            try await place.importAll()
            for arguments in [["users", "export", "--all"], ["users", "list"]] {
                let run = try await shell(
                    """
                    { perl -e 'use Fcntl; fcntl(STDOUT, F_SETFL, O_WRONLY | O_NONBLOCK); exec @ARGV' "$0" "$@"
                    echo "status $?" >&2; } | wc -l
                    """, arguments, in: place)
                #expect(run.output == (arguments.contains("list") ? "2001\n" : "2000\n"))
                #expect(run.errors.contains("status 0"))
            }
        }
    }

    @Test func `a reader that goes away ends the program quietly`() async throws {
        try await Workplace.with(users: 2_000) { place in
            try await place.importAll()
            let run = try await shell(
                "{ \"$0\" \"$@\"; echo \"status $?\" >&2; } | head -n 1 | wc -l", ["users", "export", "--all"],
                in: place)
            #expect(run.output == "1\n")
            #expect(run.errors == "status \(128 + SIGPIPE)\n")
        }
    }
}
