package import RefreshCore

extension JournalEntry {
    init(reloaded changes: [String], needRestart: [String], at now: Timestamp) {
        var message = "Reloaded: " + (changes.isEmpty ? "nothing changed" : changes.joined(separator: "; "))
        if !needRestart.isEmpty {
            message += "; only a restart (systemctl restart bankrefreshd) changes: "
            message += needRestart.joined(separator: "; ")
        }
        self.init(.reloaded, at: now, message: message)
        append(.changes, Self.lines(changes))
        append(.needsRestart, Self.lines(needRestart))
    }

    private static func lines(_ texts: [String]) -> String? {
        texts.isEmpty ? nil : texts.map { $0.sanitized(limit: 1_000) }.joined(separator: "\n")
    }

    init(reloadRefused problems: [String], at now: Timestamp) {
        self.init(
            .reloadRefused,
            at: now,
            message:
                "Reload refused, the configuration stays as it was; \(counted(problems.count, "problem")): "
                + problems.joined(separator: "; ") + "; to try again: systemctl reload bankrefreshd"
        )
        append(.error, problems.map { $0.sanitized(limit: 1_000) }.joined(separator: "\n"))
    }

    init(clockStepped step: Duration, at now: Timestamp) {
        let direction = step < .zero ? "back" : "forward"
        let span = (step < .zero ? .zero - step : step).roundedText
        self.init(
            .clockStepped, at: now, message: "The clock was set \(direction) by \(span); the schedule was put right")
    }

    init(clockUncertain gap: Duration, at now: Timestamp) {
        self.init(
            .clockUncertain, at: now,
            message:
                "The clock shows \(gap.roundedText) more than when a daemon last worked with this store, longer than "
                + "ever before, and whether that time has passed cannot be told: none of it counts towards anybody's "
                + "minimum interval")
    }

    init(failed detail: String, remedy: String?, at now: Timestamp) {
        let message = "The daemon cannot run: \(detail)" + (remedy.map { "; \($0)" } ?? "")
        self.init(.failed, at: now, message: message)
        append(.error, detail.sanitized(limit: 4_000))
    }

    /// Tells how many entries the journal did not take; for `JournalQueue`.
    package init(dropped count: Int, at now: Timestamp) {
        let message =
            "Lost \(counted(count, "entry", "entries")) of this log: the journal did not take them in time"
        self.init(.entriesDropped, at: now, message: message)
    }
}
