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
        // As the first process of a container, the daemon runs in a child, or the kernel would not end it if it froze.
        if FirstProcess.isThisOne { throw ExitCode(try keepDaemon()) }
        // Until the services handle the signals. No call was made before that, and writes to the store are atomic.
        for stop in [SIGTERM, SIGINT] { signal(stop) { _ in _exit(0) } }
        let log = DaemonLog(ConfigurationLoader.logFormat(inFaulty: file.path))
        do {
            guard CoreDump.forbid() else { throw CommandFailure(.software, "core dumps cannot be turned off") }
            try await DaemonAssembly(file: file, log: log).run()
        } catch {
            let failure = CommandFailure(describing: error)
            await log.startFailed(failure)
            throw ExitCode(failure.exit.rawValue)
        }
    }

    private func keepDaemon() throws -> Int32 {
        do { return try FirstProcess.keepChild() } catch {
            throw CommandFailure(.software, "\(error)", remedy: "see whether the container may start processes")
        }
    }
}
