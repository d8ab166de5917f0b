import ArgumentParser
import RefreshCore
import RefreshDaemon

struct UsersResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Call paused or parked users again.",
        discussion: """
            --reason selects all users that are parked for it. Exit code 65: one of the users is not stored; the \
            others are resumed.

              bankrefreshd users resume alice bob
              bankrefreshd users resume --reason refused
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The users' ids.")
    var ids: [String] = []

    @Option(help: "All users that are parked for this reason.")
    var reason: ParkReason?

    func validate() throws {
        if ids.isEmpty, reason == nil { throw ValidationError("name users by their ids, or --reason") }
        if !ids.isEmpty, reason != nil { throw ValidationError("give either ids or --reason, not both") }
    }

    func run() async throws {
        let ids = try ids.map(ArgumentReading.userID)
        var isAnyUnknown = false
        let resumed = try await common.withOperations { operations in
            let parked = try await Self.parked(for: reason, in: operations)
            if reason != nil, parked.isEmpty { Remark.write("no users match", on: nil) }
            var resumed: [UserReport] = []
            for id in ids + parked {
                do {
                    let user = try await operations.perform(ResumeUser(id))
                    resumed.append(user)
                    if !common.json {
                        StandardOutput.write("\(id): \(user.state.rawValue), next call \(user.nextDue ?? "none")\n")
                    }
                } catch OperationProblem.noSuchUser(let id) {
                    // It does not prevent the others.
                    isAnyUnknown = true
                    CommandFailure(OperationProblem.noSuchUser(id)).print()
                }
            }
            return resumed
        }
        if common.json { StandardOutput.write(try JSONText.of(resumed)) }
        // With `--reason`, a selected user may be removed meanwhile, which is no error.
        if reason == nil, isAnyUnknown { throw ExitCode(SystemExit.badData.rawValue) }
    }

    /// All users parked for the reason, listed before the first is resumed, so that newly parked ones stay parked.
    private static func parked(
        for reason: ParkReason?, in operations: any OperationPerforming
    ) async throws -> [UserID] {
        guard let reason else { return [] }
        var query = UserQuery(state: .parked, parkReason: reason, limit: 2_000)
        var ids: [UserID] = []
        while true {
            let page = try await operations.perform(ListUsers(query))
            ids += try page.map { try ArgumentReading.userID($0.userID) }
            guard page.count == query.limit else { return ids }
            query.after = ids.last
        }
    }
}
