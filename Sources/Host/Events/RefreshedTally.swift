import RefreshCore

/// Successes of one interval, told together.
struct RefreshedTally: Sendable {
    private(set) var count = 0
    private var total = Duration.zero
    private var longest = Duration.zero
    private var since = Timestamp.epoch

    mutating func add(_ duration: Duration, at now: Timestamp) {
        if count == 0 { since = now }
        count += 1
        total += duration
        longest = max(longest, duration)
    }

    /// Takes what was counted; nil when nothing was.
    mutating func take(at now: Timestamp) -> JournalEntry? {
        guard count > 0 else { return nil }
        defer { self = RefreshedTally() }
        let span = since.duration(to: now).roundedText
        return JournalEntry(
            .refreshedSummary,
            at: now,
            message: "Refreshed \(counted(count, "user")) in \(span); a call took "
                + "\((total / count).roundedText) on average, \(longest.roundedText) at most"
        )
    }
}
