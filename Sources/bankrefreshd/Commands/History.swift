import ArgumentParser
import RefreshCore
import RefreshDaemon

struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a user's past calls, the newest first, and their outcomes.",
        discussion: """
            The section history of the configuration sets how many calls are kept, and for how long.

              bankrefreshd history alice
              bankrefreshd history alice --since 7d --outcome rejected
              bankrefreshd history alice --limit 1000 --json | jq '.attempts[].reason'

            --json prints one object. Moments are RFC 3339 in UTC.
              userID
              attempts, one for each: startedAt, durationMilliseconds, trigger (schedule, manual), forced, outcome
                httpStatus, reason (missing: none), number (its place in the run since the last success)
              counts (by outcome, of all from countedSince on, whatever is shown), countedSince
              oldest (the first of those counted; older ones may have been removed)
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The user's id.")
    var id: String

    @Option(help: ArgumentHelp("At most this many.", valueName: "count"))
    var limit = 20

    @Option(help: ArgumentHelp("Only calls within this time: 90m, 24h, 7d.", valueName: "time"))
    var since: String?

    @Option(help: "Only calls with this outcome.")
    var outcome: OutcomeKind?

    func validate() throws {
        if !(1...100_000).contains(limit) { throw ValidationError("--limit \(limit): from 1 to 100000") }
    }

    func run() async throws {
        let id = try ArgumentReading.userID(id)
        let span = try since.map { try ArgumentReading.duration($0, option: "--since") }
        let since = span.map { Calendar.now.advanced(by: .zero - $0) }
        let (history, user, shown) = try await common.withOperations { operations in
            let pages = try await pages(of: id, since: since, in: operations)
            return (pages.report, try await operations.perform(ShowUser(id)), pages.shown)
        }
        if common.json {
            var report = history
            report.attempts = shown.map { report.attempts[$0] }
            return StandardOutput.write(try JSONText.of(report))
        }
        if !shown.isEmpty {
            StandardOutput.write(HistoryText.table(of: history, shown: shown, user: user).text())
        }
        StandardOutput.write(HistoryText.summary(of: history, span: span) + "\n")
    }

    /// The latest attempts, as many as it takes to show `limit` with the outcome, and the indices of those to show.
    private func pages(
        of id: UserID, since: Timestamp?, in operations: any OperationPerforming
    ) async throws -> (report: HistoryReport, shown: [Int]) {
        var query = ReadHistory(of: id, limit: outcome == nil ? min(limit, 1_000) : 1_000, since: since)
        var report = try await operations.perform(query)
        var page = report
        while true {
            let shown = report.attempts.indices.filter { index in
                outcome.map { report.attempts[index].outcome == $0 } ?? true
            }
            let last = page.attempts.last.flatMap { Timestamp(rfc3339: $0.startedAt) }
            guard shown.count < limit, page.attempts.count == query.limit, let last else {
                return (report, Array(shown.prefix(limit)))
            }
            query.before = last
            page = try await operations.perform(query)
            report.attempts += page.attempts
        }
    }
}

enum HistoryText {
    /// `shown` are indices of the report's attempts, which have no gaps: the one before each is the later attempt.
    static func table(of history: HistoryReport, shown: [Int], user: UserReport) -> Table {
        var table = Table("WHEN", "OUTCOME", "TOOK", "HTTP", "THEN", "REASON")
        for index in shown {
            let attempt = history.attempts[index]
            let next = index > 0 ? history.attempts[index - 1] : nil
            table.add([
                Table.Cell(Timestamp(rfc3339: attempt.startedAt)?.description ?? attempt.startedAt),
                Table.Cell(outcome(of: attempt), TextStyle(attempt.outcome)),
                Table.Cell(Duration.milliseconds(attempt.durationMilliseconds).roundedText),
                Table.Cell(attempt.httpStatus.map(String.init) ?? "-"),
                Table.Cell(next.map { again($0, after: attempt) } ?? present(user)), Table.Cell(attempt.reason ?? ""),
            ])
        }
        return table
    }

    /// A line such as `last 30 days: 28 refreshed, 2 rejected; 93 %`.
    static func summary(of history: HistoryReport, span: Duration?) -> String {
        var period = "last \(span?.text ?? "30 days")"
        if let since = Timestamp(rfc3339: history.countedSince),
            let oldest = history.oldest.flatMap({ Timestamp(rfc3339: $0) }),
            since.duration(to: oldest) > (span ?? ReadHistory.countedSpan) / 10
        {
            period += ", from \(oldest) on"
        }
        let counts = history.counts.filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let total = counts.reduce(0) { $0 + $1.value }
        guard total > 0 else { return "\(period): no calls" }
        let refreshed = history.counts[OutcomeKind.refreshed.rawValue] ?? 0
        // Rounded down, so that 100 % means all.
        return "\(period): " + counts.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
            + "; \(refreshed * 100 / total) %"
    }

    private static func outcome(of attempt: AttemptReport) -> String {
        var text = attempt.outcome.rawValue
        if attempt.number > 1 { text += ", try \(attempt.number)" }
        if attempt.forced { return text + ", forced" }
        return attempt.trigger == .manual ? text + ", by hand" : text
    }

    private static func again(_ next: AttemptReport, after attempt: AttemptReport) -> String {
        guard let from = Timestamp(rfc3339: attempt.startedAt), let to = Timestamp(rfc3339: next.startedAt) else {
            return "-"
        }
        return "called after \(from.duration(to: to).roundedText)"
    }

    private static func present(_ user: UserReport) -> String {
        if user.parkReason != nil { return user.standing }
        if let due = user.nextDue { return "next \(due)" }
        return user.state.rawValue
    }
}
