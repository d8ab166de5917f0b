import GRDB
import RefreshCore

/// What is found at a store's path, and made fit to be opened: a backup becomes a store, and a store that is to be
/// upgraded is copied.
///
/// What cannot be used is left as it is.
struct StorePreparation {
    let isNew: Bool
    let wasUpgraded: Bool
    private let isRestored: Bool
    private let lastSeen: Timestamp?

    init(
        path: String, isEmpty: Bool, version: String, now: Timestamp,
        verifying verify: (StoreMarks) throws(StoreProblem) -> Void
    ) throws(StoreProblem) {
        let found = isEmpty ? nil : try StoreInspection.inspect(path: path)
        isNew = found == nil
        lastSeen = found?.lastSeen
        guard let found else {
            isRestored = false
            wasUpgraded = false
            return
        }
        try verify(found.marks)
        do {
            isRestored = found.header?.isBackup ?? false
            if isRestored {
                try Self.adopt(path, as: StoreRestoration(takenAt: found.backup?.takenAt ?? .epoch, restoredAt: now))
            }
            wasUpgraded = try UpgradeCopy.makeIfNeeded(of: path, at: now, version: version)
        } catch {
            throw StoreProblem(error, place: path)
        }
    }

    /// Before the file has a log: the mark in its head is gone for good when the store is opened.
    static func adopt(_ path: String, as restoration: StoreRestoration) throws {
        var configuration = Configuration()
        configuration.label = "restore"
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.inTransaction(.immediate) {
                try restoration.begin(in: db)
                return .commit
            }
        }
    }

    /// What a store is that was exchanged for an older copy of itself; nil for any other.
    ///
    /// By whatever means that was done, it knows less than what was noted beside it.
    func restoration(of witness: StoreLock.Witness?, seed: UInt64, now: Timestamp) -> StoreRestoration? {
        guard let witness, !isNew, !isRestored, witness.seed == seed else { return nil }
        let known = lastSeen ?? .epoch
        return known < witness.lastSeen ? StoreRestoration(takenAt: known, restoredAt: now) : nil
    }
}
