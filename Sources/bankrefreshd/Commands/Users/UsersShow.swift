import ArgumentParser
import RefreshConfiguration
import RefreshCore
import RefreshDaemon

struct UsersShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what is stored about a user, and the command that fixes its state.",
        discussion: """
              bankrefreshd users show alice
              bankrefreshd users show alice --json
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The user's id.")
    var id: String

    func run() async throws {
        let user = try await common.withOperations { [id] in
            try await $0.perform(ShowUser(try ArgumentReading.userID(id)))
        }
        // A user with access to the socket may be unable to read the configuration.
        let isRenewed = (try? common.file.load().api.clientID) != nil
        StandardOutput.write(
            common.json ? try JSONText.of(user) : Self.text(user, now: Calendar.now, isRenewed: isRenewed))
    }

    static func text(_ user: UserReport, now: Timestamp, isRenewed: Bool) -> String {
        var table = Table("user", user.userID)
        if let group = user.group { table.add("group", group) }
        var state = user.standing
        if let since = user.parkedSince { state += " since \(since)" }
        if let until = user.pausedUntil { state += " until \(until)" }
        table.add("state", state, TextStyle(user.state))
        table.add("next call", user.nextDue ?? "none")
        table.add("last success", user.lastSuccess ?? "never")
        if let at = user.lastAttempt {
            let status = user.lastHTTPStatus.map { " (HTTP \($0))" } ?? ""
            table.add(
                "last attempt", "\(at): \(user.lastOutcome?.rawValue ?? "unknown")\(status)",
                user.lastOutcome.map { TextStyle($0) })
        }
        if let reason = user.lastReason { table.add("reason", reason) }
        if let since = user.failingSince { table.add("failing since", since) }
        if user.failures > 0 { table.add("failures in a row", "\(user.failures)") }
        table.add("attempts today", "\(user.attemptsToday)")
        // Moments in this form sort as texts.
        let isExpired = user.tokenExpiresAt.map { $0 <= now.description } ?? false
        if let expiry = user.tokenExpiresAt { table.add(isExpired ? "token expired" : "token expires", expiry) }
        // An expired token is renewed by the next call.
        if isRenewed, !isExpired, let renewal = user.tokenRenewsAt { table.add("renewal due", renewal) }
        if let mend = user.mend { table.add("fix", mend) }
        if user.lastAttempt != nil, let id = try? UserID(user.userID) {
            table.add("earlier calls", FixCommand.history(of: id))
        }
        return table.text(width: nil)
    }
}
