import ArgumentParser
import RefreshCore
import RefreshDaemon

struct UsersRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove users with their tokens and history, for good.",
        discussion: """
            Exit code 65: one of the users is not stored; the others are removed. Entries in the journal and backups \
            of the store stay.

              bankrefreshd users remove alice bob
              bankrefreshd users remove --file gone.txt
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var users: NamedUsers

    func run() async throws {
        var removed = 0
        var isAnyUnknown = false
        var array = JSONArrayWriter()
        let isAnyRefused = try await users.each(.removed, with: common) { operations, ids, part in
            for (id, answer) in zip(ids, try await operations.perform(RemoveUsers(ids, part: part))) {
                switch answer {
                case .removed where common.json: try array.write(id.rawValue)
                case .removed: StandardOutput.write("\(id): removed\n")
                case .kept: StandardOutput.write("\(id): kept, because it was added meanwhile\n")
                case .noSuchUser: CommandFailure(.badData, "there is no user \(id)").print()
                }
                if answer == .removed { removed += 1 }
                if answer == .noSuchUser { isAnyUnknown = true }
            }
        }
        if common.json {
            array.end()
        } else if removed > 0 {
            Remark.write(
                "entries about \(removed == 1 ? "it" : "them") in the journal and backups of the store stay")
        }
        if isAnyUnknown || isAnyRefused { throw ExitCode(SystemExit.badData.rawValue) }
    }
}
