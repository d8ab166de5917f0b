package import RefreshCore

/// A page of a user's past attempts, and how many there are of each outcome.
package struct HistoryReport: Codable, Sendable, Equatable {
    package var userID: String
    /// Newest first.
    package var attempts: [AttemptReport]
    /// Attempts from `countedSince` on, by outcome.
    package var counts: [String: Int]
    package var countedSince: String
    /// The first of those counted; older ones may have been removed.
    package var oldest: String?

    package init(of id: UserID, _ attempts: [AttemptRecord], counts: HistoryCounts, since: Timestamp) {
        userID = id.rawValue
        self.attempts = attempts.map(AttemptReport.init)
        self.counts = Dictionary(uniqueKeysWithValues: counts.byOutcome.map { ($0.key.rawValue, $0.value) })
        countedSince = since.preciseText
        oldest = counts.oldest?.preciseText
    }
}
