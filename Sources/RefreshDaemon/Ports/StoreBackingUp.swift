package import RefreshCore

/// Makes backups of the daemon's own store, beside its work.
package protocol StoreBackingUp: Sendable {
    /// When the newest backup in a directory was taken; nil when there is none.
    func newestBackup(in directory: String) async -> Timestamp?

    /// Makes one, and removes all but the newest `keep` of the directory.
    ///
    /// Leaves nothing behind when it fails.
    func backUp(to directory: String, keep: Int, at moment: Timestamp) async throws(BackupFailure) -> StoreBackup
}
