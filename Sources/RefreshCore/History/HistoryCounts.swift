/// How many attempts of one user are kept since a time.
package struct HistoryCounts: Equatable, Sendable {
    package var byOutcome: [OutcomeKind: Int]
    /// When the first of them began, nil when there are none: older ones may have been removed.
    package var oldest: Timestamp?

    package init(byOutcome: [OutcomeKind: Int] = [:], oldest: Timestamp? = nil) {
        self.byOutcome = byOutcome
        self.oldest = oldest
    }
}
