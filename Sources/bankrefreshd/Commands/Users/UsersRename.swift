import ArgumentParser
import RefreshCore
import RefreshDaemon

struct UsersRename: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename",
        abstract: "Give a user another id.",
        discussion: """
            Token, state and history go with it, and so does the least interval between two calls. Its time of the day \
            follows the id. Where tokens are renewed with the client credentials, the new id has to be the one under \
            which Tight knows the user.

              bankrefreshd users rename alice alice@example.com
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The id that the user has.")
    var old: String

    @Argument(help: "The id that it gets.")
    var new: String

    func run() async throws {
        let (old, new) = (try ArgumentReading.userID(old), try ArgumentReading.userID(new))
        guard old != new else { throw CommandFailure(.usage, "\(old) has that id already") }
        let user = try await common.withOperations { try await $0.perform(RenameUser(old, to: new)) }
        if common.json { return StandardOutput.write(try JSONText.of(user)) }
        let next = user.nextDue.map { "; next call \($0)" } ?? ""
        StandardOutput.write("\(old): is called \(new) now\(next)\n")
    }
}
