import ArgumentParser
import ControlPlane
import Glibc
import Host
import RefreshDaemon

/// The command line: one binary for the daemon and for those who operate it.
@main
struct Bankrefreshd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bankrefreshd",
        abstract: "Keeps the bank data of a platform's users fresh through the Tight API.",
        discussion: """
            The configuration is one JSON file: --config, or $BANKREFRESHD_CONFIG, or /etc/bankrefreshd/config.json. \
            Commands reach the running daemon through its control socket. Where possible, they work on the store if no \
            daemon runs.

            Exit codes: 0 success, 64 usage, 65 bad data, 69 daemon not reachable, 74 output cannot be written, 75 try \
            later, 77 permission denied, 78 configuration.
            """,
        version: Version.text,
        subcommands: [
            Run.self, Reload.self, CheckConfig.self, Users.self, Refresh.self, Pause.self, Resume.self, Status.self,
            Plan.self, History.self, Key.self, Store.self, Tokens.self,
        ]
    )

    static func main() async {
        guard let name = CommandLine.arguments.dropFirst().first ?? CommandLine.arguments.first else {
            // The runtime finds them there alone.
            end(
                with: CommandFailure(
                    .configuration, "the command's arguments cannot be read: /proc is not mounted",
                    remedy: "mount it: mount -t proc proc /proc"))
        }
        // Its threads may not have the priority that the runtime wants for them, unless root runs it: nothing to fill
        // the system's log with. The unit spares the daemon that.
        if name != "run" { setenv("LIBDISPATCH_LOG", "NO", 1) }
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            StandardOutput.finish()
        } catch {
            end(with: error)
        }
    }

    /// As `exit(withError:)`, but for output that cannot be written.
    private static func end(with error: any Error) -> Never {
        if let failure = CommandFailure(translating: error) {
            failure.print()
            StandardOutput.finish()
            Glibc.exit(failure.exit.rawValue)
        }
        let code = exitCode(for: error)
        if !code.isSuccess, CommandFailure.isJSON, code.rawValue == SystemExit.usage.rawValue {
            CommandFailure(.usage, message(for: error)).print()
            Glibc.exit(code.rawValue)
        }
        let text = fullMessage(for: error)
        if !text.isEmpty {
            // Help, version and completion scripts are what was asked for.
            code.isSuccess ? StandardOutput.write(text + "\n") : StandardError.write(text + "\n")
        }
        StandardOutput.finish()
        Glibc.exit(code.rawValue)
    }
}

struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Resume all calls.",
        discussion: """
            Also ends a wait that Tight asked for. The daemon calls users that fell due meanwhile, oldest first, \
            slowly at first. Users that were paused individually stay paused.

              bankrefreshd resume
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let (before, status) = try await common.withOperations { operations in
            (try await operations.perform(ReadStatus()), try await operations.perform(ResumeAll()))
        }
        if common.json { return StandardOutput.write(try JSONText.of(status)) }
        let reason = before.fleetPauseReason.map { " (it was: \($0))" } ?? ""
        StandardOutput.write("not paused\(reason); \(status.overdue) overdue, next due \(status.nextDue ?? "never")\n")
    }
}

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the daemon.",
        discussion: """
            Under systemd the daemon logs to the journal, otherwise to standard error. SIGTERM and SIGINT drain and \
            end it; SIGHUP reloads the configuration.

              bankrefreshd run
              bankrefreshd run --config ./config.json
            """)

    @OptionGroup var file: ConfigurationOption

    func run() async throws {
        // Until the services take it over. As process 1, in a container, it would not be heard by default.
        // Nothing was called by then, and what was being written to the store is there whole or not at all.
        for stop in [SIGTERM, SIGINT] { signal(stop) { _ in _exit(0) } }
        let log = DaemonLog()
        do {
            guard CoreDump.forbid() else { throw CommandFailure(.software, "core dumps cannot be turned off") }
            try await DaemonAssembly(file: file, log: log).run()
        } catch {
            let failure = CommandFailure(describing: error)
            await log.startFailed(failure)
            throw ExitCode(failure.exit.rawValue)
        }
    }
}

struct Reload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Apply the configuration now, or say why it is refused.",
        discussion: """
            Returns when the daemon has applied the new configuration, or has refused it and kept the old one (exit \
            code 78). systemctl reload bankrefreshd does the same.

              bankrefreshd check-config && bankrefreshd reload
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        // systemd ends ExecReload='s command when it stops the service, and would take an end by the signal for a failure
        // of the service.
        signal(SIGTERM) { _ in _exit(0) }
        let report = try await common.daemon().perform(ReloadConfiguration())
        if common.json { return StandardOutput.write(try JSONText.of(report)) }
        if report.changes.isEmpty { StandardOutput.write("nothing changed\n") }
        for change in report.changes { StandardOutput.write("\(Self.shown(change))\n") }
        for group in report.unknownGroups { StandardError.write("bankrefreshd: \(group.remark)\n") }
        for change in report.needRestart {
            StandardOutput.write("\(Self.shown(change)) (takes effect after a restart)\n")
        }
    }

    private static func shown(_ change: String) -> String {
        LocaleEncoding.isUTF8 ? change : change.replacing(" → ", with: " -> ")
    }
}
