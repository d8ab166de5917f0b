import ArgumentParser
import RefreshCore
import RefreshDaemon

struct UsersAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add a user, or give a stored one a new token.",
        discussion: """
            The command reads the token from a prompt or from standard input, never from an argument, which others \
            could see. If the user was parked because of its old token, it is called again; schedule and history stay. \
            A token that is already stored changes nothing.

              bankrefreshd users add alice
              bankrefreshd users add alice < token.txt
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The user's id.")
    var id: String

    @Option(help: ArgumentHelp("The user's group.", valueName: "name"))
    var group: String?

    @Option(help: ArgumentHelp("The time when the token expires, such as 2027-01-31T12:00:00Z.", valueName: "moment"))
    var expiresAt: String?

    func run() async throws {
        let id = try ArgumentReading.userID(id)
        let group = try ArgumentReading.groupName(group)
        let expiry = try expiresAt.map { try ArgumentReading.timestamp($0, option: "--expires-at") }
        if let expiry, expiry <= Calendar.now {
            throw CommandFailure(.badData, "the token expired at \(expiry)", remedy: "get a new one from Tight")
        }
        try common.check()
        guard var bytes = try SecretPrompt.read("Access token of \(id): ") else {
            throw CommandFailure(.badData, "no token came on standard input")
        }
        defer { bytes.wipe() }
        let token: AccessToken
        do { token = try AccessToken(bytes) } catch { throw CommandFailure(.badData, "\(error)") }
        let entry = UserEntry(id: id, token: token, group: group, expiresAt: expiry)
        let (answers, user) = try await common.withOperations(makingStore: true) { operations in
            (try await operations.perform(PutUsers([entry])), try await operations.perform(ShowUser(id)))
        }
        if let remark = common.remark(onGroups: group.map { [$0] } ?? []) { Remark.write(remark) }
        if common.json { return StandardOutput.write(try JSONText.of(user)) }
        let next = user.nextDue.map { "; next call \($0)" } ?? ""
        switch answers.first {
        case .added: StandardOutput.write("\(id): added\(next)\n")
        case .released: StandardOutput.write("\(id): token replaced, no longer parked\(next)\n")
        case .replaced, nil: StandardOutput.write("\(id): token replaced\(next)\n")
        case .unopened: StandardOutput.write("\(id): token replaced; the stored one could not be opened\(next)\n")
        case .updated: StandardOutput.write("\(id): \(standing(of: user, but: "group or expiry are"))\(next)\n")
        case .unchanged: StandardOutput.write("\(id): \(standing(of: user, but: "nothing is"))\(next)\n")
        }
    }

    /// The output for a user whose token is already stored.
    private func standing(of user: UserReport, but changed: String) -> String {
        let parked = user.parkReason.map { "; it stays parked: \($0.rawValue)" } ?? ""
        return "that token is stored already, \(changed) changed\(parked)"
    }
}
