/// The section `store`: where users are kept, and the key that seals their tokens.
package struct StoreSettings: Equatable, Sendable {
    package var sqlitePath = "/var/lib/bankrefreshd/store.sqlite"
    package var key = SecretReference.credential("store-key")

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
            "key",
            \.key,
            .secret,
            effect: .restart,
            "Where the key is that encrypts tokens in the store: a systemd credential or a file that only the daemon "
                + "may read. Never the key itself."
        ),
    ]
}
