package import RefreshCore

extension JournalEntry {
    init(reloaded changes: [String], needRestart: [String], at now: Timestamp) {
        var message = "Reloaded: " + (changes.isEmpty ? "nothing changed" : changes.joined(separator: "; "))
        if !needRestart.isEmpty {
            message += "; these need a restart (systemctl restart bankrefreshd): "
            message += needRestart.joined(separator: "; ")
        }
        self.init(.reloaded, at: now, message: message)
        append(.changes, Self.lines(changes))
        append(.needsRestart, Self.lines(needRestart))
    }

    init(ready users: Int, overdue: Int, server: String?, others: [String], at now: Timestamp) {
        var message = "Ready: \(counted(users, "user")), \(counted(overdue, "call")) overdue"
        if let server { message += "; the store is on \(server)" }
        if !others.isEmpty {
            message += "; \(counted(others.count, "other daemon")) \(others.count == 1 ? "shares" : "share") "
            message += "rate and concurrency: \(others.joined(separator: ", "))"
        }
        self.init(.ready, at: now, message: message)
    }

    private static func lines(_ texts: [String]) -> String? {
        texts.isEmpty ? nil : texts.map { $0.sanitized(limit: 1_000) }.joined(separator: "\n")
    }

    init(reloadRefused problems: [String], at now: Timestamp) {
        self.init(
            .reloadRefused,
            at: now,
            message:
                "Reload refused, the configuration is unchanged; \(counted(problems.count, "problem")): "
                + problems.joined(separator: "; ") + "; to try again: systemctl reload bankrefreshd"
        )
        append(.error, problems.map { $0.sanitized(limit: 1_000) }.joined(separator: "\n"))
    }

    init(clockStepped step: Duration, at now: Timestamp) {
        let direction = step < .zero ? "back" : "forward"
        let span = (step < .zero ? .zero - step : step).roundedText
        self.init(
            .clockStepped, at: now, message: "The clock was set \(direction) by \(span); the schedule was corrected")
    }

    init(clockUncertain gap: Duration, at now: Timestamp) {
        self.init(
            .clockUncertain, at: now,
            message:
                "The clock shows \(gap.roundedText) more than when a daemon last worked with this store, a longer gap "
                + "than ever before. It is unknown whether that time really passed, so none of it counts toward "
                + "the minimum interval")
    }

    init(failed detail: String, remedy: String?, at now: Timestamp) {
        let message = "The daemon cannot run: \(detail)" + (remedy.map { "; \($0)" } ?? "")
        self.init(.failed, at: now, message: message)
        append(.error, detail.sanitized(limit: 4_000))
    }

    /// Reports how many entries the journal did not accept; for `JournalQueue`.
    package init(dropped count: Int, at now: Timestamp) {
        let message =
            "Lost \(counted(count, "entry", "entries")) of this log: the journal did not accept them in time"
        self.init(.entriesDropped, at: now, message: message)
    }
}
