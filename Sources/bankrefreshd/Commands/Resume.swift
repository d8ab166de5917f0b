import ArgumentParser
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
        let reason = before.fleetPauseReason.map { " (it was: \($0))" } ?? ""
        StandardOutput.write("not paused\(reason); \(status.overdue) overdue, next due \(status.nextDue ?? "never")\n")
    }
}
