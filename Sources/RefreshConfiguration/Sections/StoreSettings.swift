import RefreshCore

/// The section `store`: where users are stored, and the key that seals their tokens.
package struct StoreSettings: Equatable, Sendable {
    package var sqlitePath = "/var/lib/bankrefreshd/store.sqlite"
    /// Used instead of the file if it names hosts.
    package var postgresql = PostgreSQLSettings()
    package var mustExist = false
    package var key = SecretReference.credential("store-key")
    package var backup = BackupSettings()

    static let table: [Setting<StoreSettings>] = [
        Setting(
            "sqlite",
            section: [
                Setting(
                    "path",
                    \.sqlitePath,
                    .filePath(),
                    effect: .restart,
                    "The database file. The daemon creates a missing file, but not its directory. The file stays open "
                        + "and locked while the daemon runs."
                )
            ],
            "The embedded store."
        ),
        Setting(
            "postgresql",
            section: PostgreSQLSettings.table.map { $0.lifted(to: \.postgresql) },
            "A store on a PostgreSQL server."
        ),
        Setting(
            "mustExist",
            \.mustExist,
            .flag,
            effect: .restart,
            "Refuse to start without a store, instead of creating an empty one. Use it if the store is on a mounted "
                + "disk or a server. While a file is missing, systemd tries the start again. The first start needs "
                + "`false`."
        ),
        Setting(
            "key",
            \.key,
            .secret,
            effect: .restart,
            "Where the key is that encrypts the tokens: a systemd credential or a file that only the daemon may read. "
                + "Never the key itself."
        ),
        Setting(
            "backup",
            section: BackupSettings.table.map { $0.lifted(to: \.backup) },
            "Backups that the daemon makes by itself."
        ),
    ]

    var contradictions: [Contradiction] {
        guard postgresql.hosts != nil, backup.directory != nil else { return postgresql.contradictions }
        let backups = Contradiction(
            [SettingPath("backup", "directory"), SettingPath("postgresql", "hosts")],
            "backup.directory is set, and the daemon makes no backups of a store on PostgreSQL",
            "remove backup.directory, and back up the server: docs/postgresql.md")
        return postgresql.contradictions + [backups]
    }
}

/// The section `store.backup`: backups that the daemon makes by itself.
package struct BackupSettings: Equatable, Sendable {
    /// Nil if the daemon makes no backups.
    package var directory: String?
    package var every: Duration = .hours(6)
    package var keep = 8

    static let table: [Setting<BackupSettings>] = [
        Setting(
            "directory",
            \.directory,
            orNull: .directoryPath,
            "The directory for the daemon's backups, if possible on another disk; `null` means no backups. The "
                + "daemon creates a missing directory. Under systemd it may write only below `/var/lib/bankrefreshd`, "
                + "unless `ReadWritePaths=` names more. See `docs/backup.md`."
        ),
        Setting(
            "every",
            \.every,
            .duration(.minutes(1) ... .days(366)),
            "How often the daemon makes a backup. Calls continue meanwhile."
        ),
        Setting(
            "keep",
            \.keep,
            .count(1...10_000),
            "How many of the newest backups to keep. The daemon removes the others after a good new one."
        ),
    ]
}

/// The section `history`: how many past attempts of each user are kept.
enum HistorySettings {
    static let table: [Setting<HistoryBounds>] = [
        Setting(
            "keep",
            \.keep,
            .count(0...10_000),
            "How many of each user's newest attempts to keep; older ones are removed within a day. An attempt takes "
                + "about 45 bytes, plus the text of a failure. `0` keeps no history."
        ),
        Setting(
            "maximumAge",
            \.maximumAge,
            .duration(.days(1) ... .days(3_650)),
            "The maximum age of an attempt, to the day. With one call a day, 90 days fit into `keep` and show since "
                + "when a user fails. For 1,000,000 users they take 3 to 4 GB; half the age takes half of that. The "
                + "age does not change the speed of calls."
        ),
    ]
}
