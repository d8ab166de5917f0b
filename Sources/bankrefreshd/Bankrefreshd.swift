import ArgumentParser
import Glibc

/// The command line: one binary is both the daemon and the tool for its operators.
@main
struct Bankrefreshd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bankrefreshd",
        abstract: "Keeps the bank data of a platform's users fresh through the Tight API.",
        discussion: """
            The configuration is one JSON file: --config, or $BANKREFRESHD_CONFIG, or /etc/bankrefreshd/config.json. \
            Commands reach the running daemon through its control socket. Where possible, they work on the store if no \
            daemon runs.

            Exit codes: 0 success, 1 not ready (health), 64 usage, 65 bad data, 69 daemon not reachable, 74 output cannot \
            be written, 75 try later, 77 permission denied, 78 configuration.
            """,
        version: Version.text,
        subcommands: [
            Run.self, Reload.self, CheckConfig.self, Config.self, Users.self, Refresh.self, Pause.self, Resume.self,
            Status.self, HealthCheck.self, Plan.self, History.self, Key.self, Store.self, Tokens.self, Support.self,
        ]
    )

    static func main() async {
        guard let name = CommandLine.arguments.dropFirst().first ?? CommandLine.arguments.first else {
            // The runtime reads the arguments from /proc only.
            end(
                with: CommandFailure(
                    .configuration, "the command's arguments cannot be read: /proc is not mounted",
                    remedy: "mount it: mount -t proc proc /proc"))
        }
        // Without root, threads may not get the priority that the runtime requests. That must not fill the system's
        // log. The unit prevents it for the daemon.
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

    /// Like `exit(withError:)`, but also reports output that cannot be written.
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
            // Help, version and completion scripts are the requested output.
            code.isSuccess ? StandardOutput.write(text + "\n") : StandardError.write(text + "\n")
        }
        StandardOutput.finish()
        Glibc.exit(code.rawValue)
    }
}

struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the configuration in force, or an example.",
        subcommands: [ConfigDump.self, ConfigExample.self])
}

struct Users: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Add, list and change users.",
        subcommands: [
            UsersAdd.self, UsersImport.self, UsersSync.self, UsersList.self, UsersShow.self, UsersExport.self,
            UsersGroup.self, UsersRename.self, UsersRemove.self, UsersPause.self, UsersResume.self,
        ])
}

struct Key: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make and change the keys that encrypt tokens in the store.",
        subcommands: [KeyGenerate.self, KeyRotate.self, KeyStatus.self, KeyPrune.self, KeyReplace.self])
}

struct Store: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Back up, check, restore, compact and move the store, and declare its API address.",
        subcommands: [
            StoreBackUp.self, StoreVerify.self, StoreRestoring.self, StoreCompact.self, StoreMoving.self,
            StoreReopen.self, StoreAdopt.self,
        ])
}

struct Tokens: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Export the users' tokens, to leave for another place.", subcommands: [TokensExport.self])
}

struct Support: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Collect what support needs to know.", subcommands: [SupportBundle.self])
}
