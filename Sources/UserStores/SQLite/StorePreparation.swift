import GRDB
import RefreshCore

/// Makes the file at a store's path ready to be opened.
///
/// A backup becomes a store, and a store that needs an upgrade is copied. An unusable file is left as it is.
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

    /// Turns a backup into a store before it has a log: opening the store destroys the mark in its header.
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

    /// The restoration of a store that was replaced by an older copy of itself; nil for any other store.
    ///
    /// However the file was replaced, it knows less than the record beside it.
    func restoration(of witness: StoreLock.Witness?, seed: UInt64, now: Timestamp) -> StoreRestoration? {
        guard let witness, !isNew, !isRestored, witness.seed == seed else { return nil }
        let known = lastSeen ?? .epoch
        return known < witness.lastSeen ? StoreRestoration(takenAt: known, restoredAt: now) : nil
    }
}
