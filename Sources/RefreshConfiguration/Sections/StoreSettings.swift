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
                    "The database. It is made when missing; its directory is not. It stays open, and locked, while the daemon "
                        + "runs."
                )
            ],
            "The embedded store."
        ),
        Setting(
            "mustExist",
            \.mustExist,
            .flag,
            effect: .restart,
            "Whether a start without a store is refused, instead of making an empty one: for whoever mounts the disk that "
                + "holds it. A first start needs `false`."
        ),
        Setting(
            "key",
            \.key,
            .secret,
            effect: .restart,
            "Where the key is that encrypts tokens in the store: a systemd credential or a file that only the daemon "
                + "may read. Never the key itself."
        ),
        Setting(
            "backup",
            section: BackupSettings.table.map { $0.lifted(to: \.backup) },
            "Backups that the daemon makes by itself."
        ),
    ]
}
