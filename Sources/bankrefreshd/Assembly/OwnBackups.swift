import RefreshCore
import RefreshDaemon
import SQLiteStore

/// Backups of the daemon's own store, in a directory of its own.
struct OwnBackups: StoreBackingUp {
    let store: SQLiteUserStore

    func newestBackup(in directory: String) async -> Timestamp? {
        BackupDirectory(directory, of: store.seed).newest()
    }

    func backUp(to directory: String, keep: Int, at moment: Timestamp) async throws(BackupFailure) -> StoreBackup {
        let backups = BackupDirectory(directory, of: store.seed)
        do { try backups.make() } catch { throw .backup(error) }
        backups.removeAbandoned()
        let backup = try await store.backUp(to: backups.file(of: moment), at: moment, version: Version.text)
        backups.prune(keeping: keep)
        return backup
    }
}
