import ArgumentParser
import RefreshCore
import RefreshDaemon

struct UsersRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove users with their tokens and history, for good.",
        discussion: """
            Exit code 65 when one of them is not stored; the others are removed.

              bankrefreshd users remove alice bob
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The users' ids.")
    var ids: [String]

    func run() async throws {
        let ids = try ids.map(ArgumentReading.userID)
        let removed = try await common.withOperations { operations in
            try await UserBatch.each(of: ids) { id in
                try await operations.remove(id)
                if !common.json { StandardOutput.write("\(id): removed\n") }
                return id.rawValue
            }
        }
        if common.json { StandardOutput.write(try JSONText.of(removed.answers)) }
        if removed.isAnyUnknown { throw ExitCode(SystemExit.badData.rawValue) }
    }
}
