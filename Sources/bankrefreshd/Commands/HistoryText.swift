import RefreshCore
import RefreshDaemon

/// A user's past attempts in words.
enum HistoryText {
    /// `shown` are places in the report's attempts, which are without gaps: what came next is the one before.
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

    /// `last 30 days: 28 refreshed, 2 rejected; 93 %`.
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
        // Rounded down: 100 % is said only of all.
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

    /// What is to come after the latest attempt.
    private static func present(_ user: UserReport) -> String {
        if user.parkReason != nil { return user.standing }
        if let due = user.nextDue { return "next \(due)" }
        return user.state.rawValue
    }
}
