@testable import RefreshConfiguration

/// The reference of all keys, rendered from the tables that read them.
enum ConfigurationReference {
    /// `docs/configuration.md`.
    static var markdown: String {
        introduction + Configuration.table.map(section).joined()
    }

    private static let introduction = """
        # Configuration

        The configuration is one JSON file, by default `/etc/bankrefreshd/config.json`. `bankrefreshd config example`
        prints every key with its default; you may omit any key that has one. Unknown keys and duplicate keys are
        errors. `bankrefreshd check-config` reports every problem at once, `bankrefreshd config dump` shows what is in
        force and where it comes from, and `bankrefreshd reload` applies the file.

        A time span is a string of numbers and units: `"90s"`, `"1h30m"`, `"7d"`. The units are `us`, `ms`, `s`, `m`,
        `h` and `d`. The file never holds a secret: `{"credential": "NAME"}` names a systemd credential, and
        `{"file": "/PATH"}` a file that only the daemon may read.

        The last column says when a change takes effect: at a *reload* or after a *restart*. If several daemons share a
        store, the sections `schedule`, `groups`, `backoff`, `limits` (except `drain`), `breaker` and `history` hold for all
        of them and are kept in the store: see [postgresql.md](postgresql.md).

        """

    private static func section(_ setting: Setting<Configuration>) -> String {
        let heading = "\n## \(setting.name)\n\n\(setting.documentation)\n\n"
        if case .entries = setting.content { return heading + "```json\n\(groupExample)\n```\n" }
        let rows = setting.leaves(under: SettingPath()).map { row($0, in: setting) }
        return heading + "| Key | Default | Allowed | Meaning | Takes effect |\n|---|---|---|---|---|\n"
            + rows.joined()
    }

    private static func row(_ leaf: Setting<Configuration>.Leaf, in section: Setting<Configuration>) -> String {
        let written = leaf.value.write(.default)
        let fallback = leaf.value.defaultNote ?? "`\(written.compactText)`"
        let effect = leaf.value.effect == .restart ? "restart" : "reload"
        let cells = [
            "`\(leaf.path.withoutSection)`", fallback, leaf.value.allowed, leaf.setting.documentation, effect,
        ]
        return "| " + cells.joined(separator: " | ") + " |\n"
    }

    /// A part of a file that can be read as it is.
    static let groupExample = """
        "groups": {
          "trial": { "every": "7d" },
          "nightly": { "window": { "from": "22:00", "to": "04:00", "zone": "Europe/Berlin" } },
          "premium": {
            "every": "6h",
            "backoff": { "failure": { "first": "12h" } }
          }
        }
        """
}
