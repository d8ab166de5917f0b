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

    @Option(help: "scheduled, backing-off, parked or paused.")
    var state: UserState.Kind?

    @Option(help: "The last attempt's outcome: refreshed, rejected, unauthorized, …")
    var outcome: OutcomeKind?

    @Option(help: "Only this group.")
    var group: String?

    @Option(help: "At most this many.")
    var limit: Int = .max

    func run() async throws {
        let operations = try await common.operations()
        var users: [UserReport] = []
        var query = UserQuery(state: state, outcome: outcome, group: group, limit: min(max(1, limit), 5_000))
        while users.count < limit {
            let page = try await operations.list(query)
            users += page
            guard page.count == query.limit, let last = page.last else { break }
            query.after = last.userID
            query.limit = min(5_000, limit - users.count)
        }
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
}

extension UserState.Kind: ExpressibleByArgument {
    init?(argument: String) {
        self.init(rawValue: argument.replacing("-", with: " "))
    }
}

extension OutcomeKind: ExpressibleByArgument {}
