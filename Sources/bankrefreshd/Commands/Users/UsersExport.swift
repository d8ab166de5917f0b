import ArgumentParser
import RefreshCore
import RefreshDaemon

struct UsersExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Print everything that is stored about a user, or about all users, as JSON.",
        discussion: """
            Of the token it shows only number and expiry. One user is one JSON document; --all prints one document per \
            line, in the order of the ids.

              bankrefreshd users export alice
              bankrefreshd users export --all > users.ndjson
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The user's id.")
    var id: String?

    @Flag(help: "Everybody.")
    var all = false

    func validate() throws {
        guard all != (id != nil) else { throw ValidationError("name the user, or give --all") }
    }

    func run() async throws {
        guard let id else { return try await common.withOperations { try await exportAll(from: $0) } }
        let user = try ArgumentReading.userID(id)
        StandardOutput.write(
            try JSONText.of(try await common.withOperations { try await $0.perform(ExportUser(user)) }))
    }

    private func exportAll(from operations: any OperationPerforming) async throws {
        var progress = Progress()
        defer { progress.clear() }
        let total = try await operations.perform(ReadStatus()).users
        var count = 0
        try await LinePages.each(
            { after, limit in try await operations.perform(ExportLines(after: after, limit: limit)).bytes },
            { lines, users in
                StandardOutput.write(lines)
                count += users
                let done = count
                progress.show(share: Double(done) / Double(max(1, total)), done.counted("user"))
            })
    }
}
