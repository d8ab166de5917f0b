import ArgumentParser
import RefreshCore
import RefreshDaemon

struct UsersGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "group",
        abstract: "Move users to a group, or to none.",
        discussion: """
            Tokens, parking and pauses stay. Exit code 65: one of the users is not stored; the others are moved.

              bankrefreshd users group gold alice bob
              bankrefreshd users group none alice
              bankrefreshd users group gold --file gold.txt
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The group's name, or none.")
    var group: String

    @OptionGroup var users: NamedUsers

    private struct Answer: Encodable {
        let userID: String
        let answer: RegroupAnswer
    }

    func run() async throws {
        let name = group == "none" ? nil : try ArgumentReading.groupName(group)
        let standing = name.map { "group \($0)" } ?? "no group"
        var isAnyUnknown = false
        var array = JSONArrayWriter()
        let isAnyRefused = try await users.each(.regrouped, with: common) { operations, ids, part in
            for (id, answer) in zip(ids, try await operations.perform(RegroupUsers(ids, to: name, part: part))) {
                if answer == .noSuchUser {
                    isAnyUnknown = true
                    CommandFailure(.badData, "there is no user \(id)").print()
                } else if common.json {
                    try array.write(Answer(userID: id.rawValue, answer: answer))
                } else {
                    StandardOutput.write("\(id): follows \(standing)\(answer == .unchanged ? " already" : " now")\n")
                }
            }
        }
        if common.json { array.end() }
        if let remark = common.remark(onGroups: name.map { [$0] } ?? []) { Remark.write(remark) }
        if isAnyUnknown || isAnyRefused { throw ExitCode(SystemExit.badData.rawValue) }
    }
}
