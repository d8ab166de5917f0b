import RefreshCore

/// The section `store.backup`: backups that the daemon makes by itself.
package struct BackupSettings: Equatable, Sendable {
    /// Nil: none are made.
    package var directory: String?
    package var every: Duration = .hours(6)
    package var keep = 8

    static let table: [Setting<BackupSettings>] = [
        Setting(
            "directory",
            \.directory,
            orNull: .directoryPath,
            "Where the daemon puts backups of the store, if possible on another disk; `null` means no backups. The "
                + "daemon creates a missing directory. Under systemd it may write only below `/var/lib/bankrefreshd`, "
                + "unless `ReadWritePaths=` names more. See `docs/backup.md`."
        ),
        Setting(
            "every",
            \.every,
            .duration(.minutes(1) ... .days(366)),
            "How often the daemon makes a backup. Calls go on meanwhile."
        ),
        Setting(
            "keep",
            \.keep,
            .count(1...10_000),
            "How many of the newest backups to keep. The daemon removes the others after a good new one."
        ),
    ]
}
