import ArgumentParser
import RefreshCore
import RefreshDaemon

struct Refresh: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Refresh users now, within the rules.",
        discussion: """
            Waits for the answers. With --no-wait it only makes the users due: the daemon calls them within its \
            limits, oldest first, and the journal has the results. This survives a restart and works without a running \
            daemon.

            --all and --group select users that are scheduled or backing off, and call a few at a time. They stop if \
            all calls are suspended. They list only calls that did not succeed, then the counts.

            Exit code 0: every call was made and Tight answered SUCCESS (with --no-wait: every user is due). 65: a \
            user is not stored. 75: otherwise.

              bankrefreshd refresh alice bob
              bankrefreshd refresh --force alice
              bankrefreshd refresh --group trial --no-wait
              bankrefreshd refresh --all
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The users' ids.")
    var ids: [String] = []

    @Flag(help: "Refresh every user that is scheduled or backing off.")
    var all = false

    @Option(help: ArgumentHelp("Refresh these users of this group.", valueName: "name"))
    var group: String?

    @Flag(help: "Call even within the minimum interval or beyond the daily budget. The bank may object.")
    var force = false

    @Flag(inversion: .prefixedNo, help: "Wait for the answers, or only make the users due.")
    var wait = true

    func validate() throws {
        guard [all, group != nil, !ids.isEmpty].count(where: \.self) == 1 else {
            throw ValidationError("name the users, or give --all or --group")
        }
        if force, !wait { throw ValidationError("--force needs --wait: scheduled calls follow the rules") }
    }

    func run() async throws {
        let ids = try ids.map(ArgumentReading.userID)
        let group = try ArgumentReading.groupName(group)
        let tally =
            wait
            ? try await run(on: try common.daemon(), ids: ids, group: group)
            : try await common.withOperations { try await run(on: $0, ids: ids, group: group) }
        if tally.isAnyUnknown { throw ExitCode(SystemExit.badData.rawValue) }
        if !tally.isAllDone { throw ExitCode(SystemExit.tryLater.rawValue) }
    }

    private func run(on operations: any OperationPerforming, ids: [UserID], group: GroupName?) async throws
        -> RefreshTally
    {
        var output = RefreshOutput(isJSON: common.json, isFleet: ids.isEmpty)
        defer { output.end() }
        guard ids.isEmpty else {
            for start in stride(from: 0, to: ids.count, by: 100) {
                let piece = Array(ids[start...].prefix(100))
                try output.show(
                    wait
                        ? try await operations.perform(RefreshUsers(piece, force: force))
                        : try await operations.perform(QueueRefresh(piece)))
            }
            return output.tally
        }
        let fleet = FleetRefresh(operations: operations, group: group, force: force, wait: wait)
        let (isAny, isStopped) = try await fleet.run { try output.show($0, of: $1) }
        if isStopped { output.stop() }
        guard isAny || group == nil else {
            throw CommandFailure(
                .badData, "no user belongs to the group \(group?.rawValue ?? "")",
                remedy: "bankrefreshd users list shows who is stored")
        }
        return output.tally
    }
}
