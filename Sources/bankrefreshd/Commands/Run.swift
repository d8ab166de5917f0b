import ArgumentParser
import Host

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the daemon.",
        discussion: """
            Under systemd it logs to the journal; by hand it writes the same to standard error. SIGTERM and SIGINT drain \
            and end it, SIGHUP reloads the configuration.

              bankrefreshd run
              bankrefreshd run --config ./config.json
            """)

    @OptionGroup var file: ConfigurationOption

    func run() async throws {
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
