import ArgumentParser
import RefreshCore
import RefreshDaemon

struct UsersResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Call users again that are paused or parked.",
        discussion: """
            Exit code 65 when one of them is not stored; the others are resumed.

              bankrefreshd users resume alice bob
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The users' ids.")
    var ids: [String]

    func run() async throws {
        let ids = try ids.map(ArgumentReading.userID)
        let resumed = try await common.withOperations { operations in
            try await UserBatch.each(of: ids) { id in
                let user = try await operations.resume(id)
                if !common.json {
                    StandardOutput.write("\(id): \(user.state.rawValue), next call \(user.nextDue ?? "none")\n")
                }
                return user
            }
        }
        if common.json { StandardOutput.write(try JSONText.of(resumed.answers)) }
        if resumed.isAnyUnknown { throw ExitCode(SystemExit.badData.rawValue) }
    }
}
