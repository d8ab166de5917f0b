package import RefreshCore

/// The section `web`: the status page, the metrics and the health checks.
package struct WebSettings: Equatable, Sendable {
    /// Nil if the server is off.
    package var listen: ListenAddress?
    package var title: String?
    /// A PEM file of certificates, the server's own first; set together with `key` or not at all.
    package var certificate: String?
    package var key: SecretReference?
    /// Names and password hashes; nil if the page has no login.
    package var users: SecretReference?

    package var isEncrypted: Bool { certificate != nil && key != nil }

    /// A warning about settings that are allowed but questionable; nil if there is none.
    package var warning: String? {
        guard let listen, !listen.isLoopback else { return nil }
        let start = "web.listen is \(listen): "
        return switch (isEncrypted, users != nil) {
        case (true, true): nil
        case (false, false):
            start + "other machines can see the status, because the page has no login; set web.tls and web.users, "
                + "put a proxy with a login in front of 127.0.0.1, or restrict access with a firewall"
        case (true, false):
            start + "other machines can see the status, because the page has no login; set web.users, or restrict "
                + "access with a firewall"
        case (false, true):
            start + "passwords cross the network in clear text; set web.tls, or allow connections from a proxy with "
                + "TLS only"
        }
    }

    static let table: [Setting<WebSettings>] = [
        Setting(
            "listen",
            \.listen,
            orNull: .listenAddress,
            effect: .restart,
            "The address of the page, `/metrics`, `/healthz` and `/readyz`; `null` turns the server off. Anywhere but on "
                + "the loopback, set `tls` and `users` too."
        ),
        Setting(
            "title",
            \.title,
            orNull: .label(longest: 60),
            effect: .restart,
            "The name of this installation on the page, if you have several."
        ),
        Setting(
            "tls",
            section: [
                Setting(
                    "certificate",
                    \.certificate,
                    orNull: .filePath(),
                    defaultNote: "none: the page is served without TLS",
                    "The page's certificate (PEM): the server's certificate first, then the intermediate certificates. "
                        + "A reload reads the file again."
                ),
                Setting(
                    "key",
                    \.key,
                    orNull: .secret,
                    defaultNote: "none: the page is served without TLS",
                    "Where the certificate's private key is (PEM, without a passphrase): a systemd credential, such as "
                        + "`web-key`, or a file that only the daemon may read. A reload reads it again."
                ),
            ],
            "The page over TLS 1.2 or later."
        ),
        Setting(
            "users",
            \.users,
            orNull: .secret,
            defaultNote: "none: the page has no login",
            "Where to find the names and password hashes of those who may see the page and `/metrics`: a systemd "
                + "credential, such as `web-users`, or a file that only the daemon may read. Each line is `NAME:HASH` "
                + "with a hash by yescrypt, bcrypt, SHA-512 or SHA-256, as `mkpasswd` and `htpasswd -B` make them. A "
                + "reload reads it again. `/healthz` and `/readyz` need no login."
        ),
    ]

    var contradictions: [Contradiction] {
        let certificate = (path: SettingPath("tls", "certificate"), isSet: self.certificate != nil)
        let key = (path: SettingPath("tls", "key"), isSet: self.key != nil)
        return [
            Contradiction.lone(certificate, without: key, example: "{\"credential\": \"web-key\"}"),
            Contradiction.lone(key, without: certificate, example: "\"/etc/bankrefreshd/web-certificate.pem\""),
        ].compactMap(\.self)
    }
}

/// The section `control`: how commands reach the daemon.
enum ControlSettings {
    static let table: [Setting<Configuration>] = [
        // A socket's path has at most 108 bytes with the final zero, see unix(7).
        Setting(
            "socket",
            \.controlSocket,
            .filePath(longest: 107),
            effect: .restart,
            "The Unix socket on which the daemon accepts commands. Its directory must exist. A reload arrives through "
                + "it and does not move it."
        )
    ]
}

/// The section `log`: what the daemon logs, and how.
package struct LogSettings: Equatable, Sendable {
    package enum Refreshed: String, CaseIterable, Sendable {
        case each, summary
    }

    package var format = LogFormat.auto
    /// How successes are logged; everything else has entries of its own.
    package var refreshed = Refreshed.each
    package var summaryInterval: Duration = .minutes(1)

    static let table: [Setting<LogSettings>] = [
        Setting(
            "format",
            \.format,
            .choice,
            effect: .restart,
            "`auto`: to the journal if systemd connects standard error to it, otherwise as text to standard error. "
                + "`text`: always as text. `json`: to standard error as one JSON object per line, with the names of the "
                + "journal's fields, for containers."
        ),
        Setting(
            "refreshed",
            \.refreshed,
            .choice,
            "Whether each success has a journal entry of its own, or a summary counts them. Each failure has its own."
        ),
        Setting(
            "summaryInterval",
            \.summaryInterval,
            .duration(.seconds(1) ... .days(1)),
            "How often the daemon writes the summary."
        ),
    ]
}
