package import RefreshCore

/// Which of a user's attempts to show, and from when on to count them.
package struct HistoryQuery: Sendable, Equatable {
    /// 1 to 1,000.
    package var limit: Int
    /// Attempts that began before; the last one's beginning leads to the next page.
    package var before: Timestamp?
    /// Attempts from then on alone; without it all are shown, and those of the last 30 days counted.
    package var since: Timestamp?

    package static let limits = 1...1_000
    package static let countedSpan = Duration.days(30)

    package init(limit: Int = 20, before: Timestamp? = nil, since: Timestamp? = nil) {
        self.limit = limit
        self.before = before
        self.since = since
    }
}
