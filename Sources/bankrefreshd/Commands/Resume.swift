import ArgumentParser
import RefreshDaemon

struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "End the pause of the whole fleet.",
        discussion: """
            Ends a wait that Tight asked for, too. Users that fell due meanwhile are called oldest first, slowly at first. \
            Users that are paused one by one stay so.

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
