import ArgumentParser
import Glibc
import Host
import RefreshConfiguration

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the daemon.",
        discussion: """
            Under systemd the daemon logs to the journal, otherwise to standard error; log.format: "json" logs JSON. \
            SIGTERM and SIGINT drain and end it; SIGHUP reloads the configuration.

              bankrefreshd run
              bankrefreshd run --config ./config.json
            """)

    @OptionGroup var file: ConfigurationOption

    func run() async throws {
        // Until the services take it over. As process 1, in a container, it would not be heard by default.
        // Nothing was called by then, and what was being written to the store is there whole or not at all.
        for stop in [SIGTERM, SIGINT] { signal(stop) { _ in _exit(0) } }
        // What ends in a container and has no parent is process 1's to reap. The daemon starts no program: the kernel may.
        if getpid() == 1 { signal(SIGCHLD, SIG_IGN) }
        let log = DaemonLog(LogFormat(ConfigurationLoader.logFormat(inFaulty: file.path)))
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
