import RefreshCore
import RefreshDaemon
import SQLiteStore

/// Backups of the daemon's own store, in a directory of its own.
struct OwnBackups: StoreBackingUp {
    let store: SQLiteUserStore

    func newestBackup(in directory: String) async -> Timestamp? {
        BackupDirectory(directory, of: store.seed).newest()
    }

    func backUp(to directory: String, keep: Int, at moment: Timestamp) async throws -> StoreBackup {
        let backups = BackupDirectory(directory, of: store.seed)
        try backups.make()
        backups.removeAbandoned()
        let backup = try await store.backUp(to: backups.file(of: moment), at: moment, version: Version.text)
        backups.prune(keeping: keep)
        return backup
    }
}
