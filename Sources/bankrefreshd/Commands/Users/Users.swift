import ArgumentParser
import RefreshCore
import RefreshDaemon

struct Users: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Add, list and change users.",
        subcommands: [
            UsersAdd.self, UsersImport.self, UsersSync.self, UsersList.self, UsersShow.self, UsersExport.self,
            UsersGroup.self, UsersRename.self, UsersRemove.self, UsersPause.self, UsersResume.self,
        ])
}

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

struct UsersPause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Stop calling a user until it is resumed, or for a while.",
        discussion: """
              bankrefreshd users pause alice
              bankrefreshd users pause alice --for 4h
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The user's id.")
    var id: String

    @Option(name: .customLong("for"), help: ArgumentHelp("How long to pause: 90m, 4h, 7d.", valueName: "time"))
    var length: String?

    func run() async throws {
        let id = try ArgumentReading.userID(id)
        let until = try length.map { Calendar.now.advanced(by: try ArgumentReading.duration($0, option: "--for")) }
        let user = try await common.withOperations { try await $0.perform(PauseUser(id, until: until)) }
        if common.json { return StandardOutput.write(try JSONText.of(user)) }
        switch user.state {
        case .parked: StandardOutput.write("\(id): parked already and not called; it stays so\n")
        default:
            StandardOutput.write(
                user.pausedUntil.map { "\(id): paused until \($0), next call \(user.nextDue ?? "then")\n" }
                    ?? "\(id): paused; \(user.mend ?? "resume it") ends it\n")
        }
    }
}
