import ArgumentParser
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import UserImport

struct UsersAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add a user, or give a stored one a new token.",
        discussion: """
            The token is read from a prompt, or from standard input: never from an argument, which others could see.
            A user that was parked because of its old token is called again; schedule and history stay.

              bankrefreshd users add alice
              bankrefreshd users add alice < token.txt
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The user's id.")
    var id: String

    @Option(help: "The group whose schedule the user follows.")
    var group: String?

    @Option(help: "When the token expires (RFC 3339: 2027-01-31T12:00:00Z).")
    var expiresAt: String?

    func run() async throws {
        let id = try CommonOptions.userID(id)
        let group = try CommonOptions.groupName(group)
        let expiry = try expiresAt.map { try CommonOptions.timestamp($0, option: "--expires-at") }
        if let expiry, expiry <= Calendar.now {
            throw CommandFailure(.badData, "the token expired at \(expiry)", remedy: "get a new one from Tight")
        }
        let operations = try await common.operations()
        guard let bytes = SecretPrompt.read("Access token of \(id): ") else {
            throw CommandFailure(.badData, "no token came on standard input")
        }
        let token: AccessToken
        do { token = try AccessToken(bytes) } catch { throw CommandFailure(.badData, "\(error)") }
        let answers = try await operations.put([UserEntry(id: id, token: token, group: group, expiresAt: expiry)])
        let user = try await operations.show(id)
        let groups = try common.file.load().groups.keys
        for notice in ImportNotice.unknownGroups(among: group.map { [$0: 1] } ?? [:], configured: groups) {
            StandardError.write("bankrefreshd: \(notice)\n")
        }
        if common.json { return StandardOutput.write(try JSONText.of(user)) }
        let next = user.nextDue.map { "; next call \($0)" } ?? ""
        switch answers.first {
        case .added: StandardOutput.write("\(id): added\(next)\n")
        case .released: StandardOutput.write("\(id): token replaced, no longer parked\(next)\n")
        case .replaced, nil: StandardOutput.write("\(id): token replaced\(next)\n")
        }
    }
}
