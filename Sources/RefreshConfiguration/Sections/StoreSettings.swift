/// The section `store`: where users are kept, and the key that seals their tokens.
package struct StoreSettings: Equatable, Sendable {
    package var sqlitePath = "/var/lib/bankrefreshd/store.sqlite"
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
            "mustExist",
            \.mustExist,
            .flag,
            effect: .restart,
            "Refuse to start without a store, instead of creating an empty one. Use it if the store is on a mounted "
                + "disk. The first start needs `false`."
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
}
