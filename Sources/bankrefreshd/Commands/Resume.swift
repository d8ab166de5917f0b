import ArgumentParser
import RefreshDaemon

struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "End the pause of the whole fleet.",
        discussion: """
            Ends a wait that Tight asked for, too. Users that fell due meanwhile are called oldest first, slowly at first. \
            Users that are paused one by one stay so.
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let status = try await common.withOperations { try await $0.resumeFleet() }
        if common.json { return StandardOutput.write(try JSONText.of(status)) }
        StandardOutput.write("not paused; \(status.overdue) overdue, next due \(status.nextDue ?? "never")\n")
    }
}
