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
            "Where the daemon puts backups of the store, on another disk if possible; none are made if `null`. It makes the "
                + "directory where that is missing. Under systemd it may write below `/var/lib/bankrefreshd` alone, unless "
                + "`ReadWritePaths=` names more. See `docs/backup.md`."
        ),
        Setting(
            "every",
            \.every,
            .duration(.minutes(1) ... .days(366)),
            "How often a backup is made, while calls go on."
        ),
        Setting(
            "keep",
            \.keep,
            .count(1...10_000),
            "How many backups stay, the newest; the others are removed once a new one is good."
        ),
    ]
}
