import ArgumentParser
import RefreshCore
import RefreshDaemon

struct UsersResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Call users again that are paused or parked.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The users' ids.")
    var ids: [String]

    func run() async throws {
        let operations = try await common.operations()
        var users: [UserReport] = []
        for id in try ids.map(CommonOptions.userID) {
            let user = try await operations.resume(id)
            users.append(user)
            if !common.json {
                StandardOutput.write("\(id): \(user.state.rawValue), next call \(user.nextDue ?? "none")\n")
            }
        }
        if common.json { StandardOutput.write(try JSONText.of(users)) }
    }
}
