import RefreshCore

/// How backups of the store stand.
package struct BackupReport: Codable, Sendable, Equatable {
    /// How often one is made.
    package var every: String
    /// When the last good one was taken; nil when there is none.
    package var last: String?
    /// Why the latest try failed; nil when it did not.
    package var failure: String?

    package init(every: String, last: String? = nil, failure: String? = nil) {
        self.every = every
        self.last = last
        self.failure = failure
    }

    init(_ standing: BackupLedger.Standing) {
        self.init(every: standing.every.text, last: standing.last?.description, failure: standing.failure)
    }
}
