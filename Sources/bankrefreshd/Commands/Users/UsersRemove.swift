import ArgumentParser
import RefreshCore
import RefreshDaemon

struct UsersRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove users with their tokens and history, for good.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The users' ids.")
    var ids: [String]

    func run() async throws {
        let operations = try await common.operations()
        let ids = try ids.map(CommonOptions.userID)
        var removed: [String] = []
        for id in ids {
            try await operations.remove(id)
            removed.append(id.rawValue)
            if !common.json { StandardOutput.write("\(id): removed\n") }
        }
        if common.json { StandardOutput.write(try JSONText.of(removed)) }
    }
}
