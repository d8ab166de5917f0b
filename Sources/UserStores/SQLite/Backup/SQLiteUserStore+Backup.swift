package import RefreshCore

extension SQLiteUserStore {
    /// As `StoreBackups` does it, beside the work of this store; `version` is the program's.
    package func backUp(
        to target: String, at moment: Timestamp, version: String
    ) async throws(BackupFailure) -> StoreBackup {
        do {
            try place.verify()
            return try await StoreBackups(of: path, version: version).backUp(to: target, at: moment, lock: copying)
        } catch {
            throw BackupFailure(writing: target, error)
        }
    }

    /// Removes what was kept from before an upgrade, once a start without one went well.
    package func removeUpgradeCopy() {
        guard !wasUpgraded else { return }
        UpgradeCopy.remove(of: path)
    }
}
