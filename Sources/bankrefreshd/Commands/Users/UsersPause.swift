import ArgumentParser
import RefreshCore
import RefreshDaemon

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
        case .parked: StandardOutput.write("\(id): already parked and not called; it stays parked\n")
        default:
            StandardOutput.write(
                user.pausedUntil.map { "\(id): paused until \($0), next call \(user.nextDue ?? "then")\n" }
                    ?? "\(id): paused; \(user.mend ?? "resume it") ends it\n")
        }
    }
}
