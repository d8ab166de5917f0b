import ArgumentParser
import RefreshCore
import RefreshDaemon

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
        StandardOutput.write(Self.text(status, before: before))
    }

    /// Names daemons on other hosts too, which learn of the resume with their next heartbeat.
    private static func text(_ status: StatusReport, before: StatusReport) -> String {
        let reason = before.fleetPauseReason.map { " (it was: \($0))" } ?? ""
        let others = status.members.filter { $0.isAlive && !$0.isAnswering }.map(\.name)
        let all = others.isEmpty ? "" : "; the same for \(others.joined(separator: ", ")), within 2 s"
        let counts =
            status.areCountsMissing
            ? "" : "; \(status.overdue.grouped) overdue, next due \(status.nextDue ?? "never")"
        return "not paused\(before.fleetPaused ? " any more" : "")\(reason)\(all)\(counts)\n"
    }
}
