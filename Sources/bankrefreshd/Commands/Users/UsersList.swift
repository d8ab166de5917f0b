import ArgumentParser
import RefreshCore
import RefreshDaemon

struct UsersList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List users, all or those that match.",
        discussion: """
              bankrefreshd users list --state parked
              bankrefreshd users list --outcome rejected --json
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "What the user is now.")
    var state: UserState.Kind?

    @Option(help: "What came of the latest call.")
    var outcome: OutcomeKind?

    @Option(help: ArgumentHelp("Only this group.", valueName: "name"))
    var group: String?

    @Option(help: ArgumentHelp("At most this many; all of them when it is not given.", valueName: "count"))
    var limit: Int?

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit \(limit): at least 1") }
    }

    func run() async throws {
        let group = try ArgumentReading.groupName(group)
        let users = try await common.withOperations { try await matching(in: $0, group: group) }
        if common.json { return StandardOutput.write(try JSONText.of(users)) }
        guard !users.isEmpty else { return StandardError.write("no users match\n") }
        var table = Table("USER", "STATE", "NEXT", "LAST", "OUTCOME", "REASON")
        for user in users {
            table.add(
                user.userID, user.parkReason.map { "parked: \($0.rawValue)" } ?? user.state.rawValue,
                user.nextDue ?? user.pausedUntil.map { "paused until \($0)" } ?? "-", user.lastAttempt ?? "-",
                user.lastOutcome?.rawValue ?? "-", user.mend.map { "mend: \($0)" } ?? user.lastReason ?? "")
        }
        StandardOutput.write(table.text())
    }

    private func matching(in operations: any FleetOperating, group: GroupName?) async throws -> [UserReport] {
        let most = limit ?? .max
        var users: [UserReport] = []
        var query = UserQuery(state: state, outcome: outcome, group: group?.rawValue, limit: min(most, 5_000))
        while users.count < most {
            let page = try await operations.list(query)
            users += page
            guard page.count == query.limit, let last = page.last else { break }
            query.after = last.userID
            query.limit = min(5_000, most - users.count)
        }
        return users
    }
}

extension UserState.Kind: ExpressibleByArgument {
    init?(argument: String) {
        self.init(rawValue: argument.replacing("-", with: " "))
    }

    /// In one word each, as a shell takes them.
    static var allValueStrings: [String] { allCases.map { $0.rawValue.replacing(" ", with: "-") } }
}

extension OutcomeKind: ExpressibleByArgument {}
