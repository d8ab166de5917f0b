import ArgumentParser
import RefreshCore
import RefreshDaemon

struct UsersRename: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename",
        abstract: "Change a user's id.",
        discussion: """
            Token, state, history and the minimum interval stay; the slot follows the id. If tokens are renewed with \
            the client credentials, Tight must know the user by the new id.

              bankrefreshd users rename alice alice@example.com
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The user's current id.")
    var old: String

    @Argument(help: "The user's new id.")
    var new: String

    func run() async throws {
        let (old, new) = (try ArgumentReading.userID(old), try ArgumentReading.userID(new))
        guard old != new else { throw CommandFailure(.usage, "\(old) has that id already") }
        let user = try await common.withOperations { try await $0.perform(RenameUser(old, to: new)) }
        if common.json { return StandardOutput.write(try JSONText.of(user)) }
        let next = user.nextDue.map { "; next call \($0)" } ?? ""
        StandardOutput.write("\(old): renamed to \(new)\(next)\n")
    }
}
