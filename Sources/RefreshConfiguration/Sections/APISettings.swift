package import RefreshCore

/// The section `api`: where the Tight API is, and how to reach it.
package struct APISettings: Equatable, Sendable {
    /// Exactly one of this and `baseURL` is set.
    package var environment: TightEnvironment?
    package var baseURL: Endpoint?
    /// The limit for a whole call, from connecting to the end of the answer.
    package var timeout: Duration = .minutes(3)
    package var connectTimeout: Duration = .seconds(10)
    /// Zero turns pings off.
    package var pingAfter: Duration = .seconds(10)
    package var pingTimeout: Duration = .seconds(5)
    /// Zero means no limit.
    package var connectionAge: Duration = .minutes(10)
    /// A PEM file of certificates to trust instead of the system's.
    package var caFile: String?
    package var proxy: ProxyEndpoint?
    /// Nil if the proxy needs none; never set without `proxy`.
    package var proxyCredentials: SecretReference?
    /// Set together with `clientSecret`; without them, tokens are not renewed.
    package var clientID: String?
    package var clientSecret: SecretReference?

    /// The address to call, from `baseURL` or `environment`.
    package var server: Endpoint { baseURL ?? (environment ?? .sandbox).baseURL }

    static let table: [Setting<APISettings>] = [
        Setting(
            "environment",
            \.environment,
            orNull: .choice,
            effect: .restart,
            defaultNote: "none: exactly one of `environment` and `baseURL` must be set",
            "The Tight installation to call: \(TightEnvironment.sandbox.baseURL) or "
                + "\(TightEnvironment.production.baseURL). The stored tokens belong to one of them, so a reload does "
                + "not change it."
        ),
        Setting(
            "baseURL",
            \.baseURL,
            orNull: .baseURL,
            effect: .restart,
            "Another address of the API, without the `/v5` path; for tests and gateways. Like `environment`, a reload "
                + "does not change it."
        ),
        Setting(
            "timeout",
            \.timeout,
            .duration(.seconds(1) ... .minutes(10)),
            "The time limit of a call. A call that times out may still have reached the bank, so a short timeout "
                + "wastes calls."
        ),
        Setting(
            "connectTimeout",
            \.connectTimeout,
            .duration(.milliseconds(100) ... .minutes(1)),
            "The time limit for connecting, including TLS. If daemons share the store, the limit is at most `15s`."
        ),
        Setting(
            "pingAfter",
            \.pingAfter,
            .duration(.zero ... .hours(1)),
            "How long a connection with calls in flight may be silent before the daemon pings the server: with PING "
                + "over HTTP/2, otherwise with the kernel's TCP keepalive. At least `1s`. `0s` turns pings off; then only "
                + "`timeout` ends the calls of a dead connection. If a server complains, it gets half as many pings."
        ),
        Setting(
            "pingTimeout",
            \.pingTimeout,
            .duration(.seconds(1) ... .minutes(1)),
            "The time limit for the answer to a ping. Meanwhile new calls take other connections. If a second ping is "
                + "not answered either, the calls in flight on the connection count as `unknown`."
        ),
        Setting(
            "connectionAge",
            \.connectionAge,
            .duration(.zero ... .days(1)),
            "The age at which the daemon replaces a connection, randomly up to a tenth sooner or later. It thus "
                + "follows a change of address, load balancer or certificate. At least `10s`; `0s` means no limit."
        ),
        Setting(
            "caFile",
            \.caFile,
            orNull: .filePath(),
            "A file of certificates (PEM) that the daemon trusts instead of the system's. A reload reads it again."
        ),
        Setting(
            "proxy",
            \.proxy,
            orNull: .proxy,
            "An HTTP proxy for all calls. Its credentials belong in `proxyCredentials`, never here."
        ),
        Setting(
            "proxyCredentials",
            \.proxyCredentials,
            orNull: .secret,
            defaultNote: "none: the proxy needs none",
            "Where the user and password for the proxy are, as one line `user:password`: a systemd credential, such as "
                + "`proxy-credentials`, or a file that only the daemon may read. The daemon sends them to the proxy "
                + "only (Basic authentication), over an unencrypted connection. A reload reads them again."
        ),
        Setting(
            "clientID",
            \.clientID,
            orNull: .clientID,
            defaultNote: "none: tokens are not renewed",
            "Your `client_id` at Tight. With `clientSecret`, the daemon renews tokens before they expire."
        ),
        Setting(
            "clientSecret",
            \.clientSecret,
            orNull: .secret,
            defaultNote: "none: tokens are not renewed",
            "Where your `client_secret` is: a systemd credential, such as `client-secret`, or a file that only the "
                + "daemon may read. Never the secret itself."
        ),
    ]

    var contradictions: [Contradiction] {
        let both = Contradiction(
            [SettingPath("environment"), SettingPath("baseURL")],
            "both environment and baseURL are set",
            "keep one of them"
        )
        let timeouts = Contradiction.longer(
            (SettingPath("connectTimeout"), connectTimeout),
            than: (SettingPath("timeout"), timeout)
        )
        let credentials = Contradiction.lone(
            (SettingPath("proxyCredentials"), proxyCredentials != nil),
            without: (SettingPath("proxy"), proxy != nil),
            example: "\"http://proxy.example.com:3128\""
        )
        let id = (path: SettingPath("clientID"), isSet: clientID != nil)
        let secret = (path: SettingPath("clientSecret"), isSet: clientSecret != nil)
        return [
            environment != nil && baseURL != nil ? both : nil, timeouts,
            Self.neitherNoneNor(.seconds(1), SettingPath("pingAfter"), pingAfter),
            Self.neitherNoneNor(.seconds(10), SettingPath("connectionAge"), connectionAge),
            credentials, Contradiction.lone(id, without: secret, example: "{\"credential\": \"client-secret\"}"),
            Contradiction.lone(secret, without: id),
        ].compactMap { $0 }
    }

    private static func neitherNoneNor(_ least: Duration, _ path: SettingPath, _ value: Duration) -> Contradiction? {
        guard value > .zero, value < least else { return nil }
        return Contradiction(
            [path], "\(path) (\(value.text)) is shorter than \(least.text)",
            "write \(least.text) or more, or 0s for none")
    }
}

/// One of Tight's two installations.
package enum TightEnvironment: String, CaseIterable, Sendable {
    case sandbox, production

    package var baseURL: Endpoint {
        switch self {
        case .sandbox: Endpoint(knownHost: "sandbox.hurdlr.com", pathPrefix: "/rest")
        case .production: Endpoint(knownHost: "prod.hurdlr.com", pathPrefix: "/rest")
        }
    }
}
