import ArgumentParser
import RefreshDaemon

struct HealthCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Check whether the daemon is ready: exit code 0 or 1, and one line.",
        discussion: """
            The answer is that of /readyz, through the control socket; it needs no page. The daemon is ready while it \
            runs and its scheduler and its store work; with a store that several daemons share, while it is in touch with \
            the others and follows their settings. A pause or an outage of the API does not change that: status shows \
            those.

            Exit code 0: ready. 1: not ready, or no daemon answers within 5 seconds; container engines know no other \
            code of a health check. 64: an unknown argument.

              bankrefreshd health
              HEALTHCHECK CMD ["bankrefreshd", "health"]
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let report = await answer()
        StandardOutput.write(common.json ? try JSONText.of(report) : report.detail + "\n")
        if !report.isReady { throw ExitCode(SystemExit.notReady.rawValue) }
    }

    /// The daemon's report, or a report of why it does not answer.
    private func answer() async -> HealthReport {
        do {
            return try await common.daemon().perform(ReadHealth())
        } catch {
            let lines = CommandFailure(describing: error).message.split(separator: "\n")
            return HealthReport(isReady: false, detail: lines.joined(separator: " "))
        }
    }
}
