package import RefreshCore

/// The section `api`: where the Tight API is, and how it is reached.
package struct APISettings: Equatable, Sendable {
    /// Exactly one of this and `baseURL` is set.
    package var environment: TightEnvironment?
    package var baseURL: Endpoint?
    /// For a whole call, from the connection to the end of the answer.
    package var timeout: Duration = .minutes(3)
    package var connectTimeout: Duration = .seconds(10)
    /// Zero for never.
    package var pingAfter: Duration = .seconds(10)
    package var pingTimeout: Duration = .seconds(5)
    /// Zero for any age.
    package var connectionAge: Duration = .minutes(10)
    /// Certificates to trust instead of the system's, PEM.
    package var caFile: String?
    package var proxy: ProxyEndpoint?
    /// Nil where the proxy asks for none; never set without `proxy`.
    package var proxyCredentials: SecretReference?
    /// Both of this and `clientSecret` are set, or neither: then tokens are not renewed.
    package var clientID: String?
    package var clientSecret: SecretReference?

    /// The address to call, whichever way it was given.
    package var server: Endpoint { baseURL ?? (environment ?? .sandbox).baseURL }

    static let table: [Setting<APISettings>] = [
        Setting(
            "environment",
            \.environment,
            orNull: .choice,
            effect: .restart,
            defaultNote: "none: exactly one of `environment` and `baseURL` must be set",
            "Which of Tight's installations is called: \(TightEnvironment.sandbox.baseURL) or "
                + "\(TightEnvironment.production.baseURL). The stored tokens belong to one of them, so that a reload does not "
                + "change it."
        ),
        Setting(
            "baseURL",
            \.baseURL,
            orNull: .baseURL,
            effect: .restart,
            "Another address of the API, without `/v5` and what follows; for tests and gateways. As `environment`, not "
                + "changed by a reload."
        ),
        Setting(
            "timeout",
            \.timeout,
            .duration(.seconds(1) ... .minutes(10)),
            "How long a call may take. "
                + "A call given up may still have reached the bank, so a short timeout wastes calls."
        ),
        Setting(
            "connectTimeout",
            \.connectTimeout,
            .duration(.milliseconds(100) ... .minutes(1)),
            "How long connecting may take, TLS included."
        ),
        Setting(
            "pingAfter",
            \.pingAfter,
            .duration(.zero ... .hours(1)),
            "How long a connection with calls in flight may be silent before the server is asked whether it is there: over "
                + "HTTP/2 with PING, else by the kernel with TCP keepalive. At least `1s`; `0s` for never: then a dead "
                + "connection is found only when `timeout` ends its calls. A server that complains is asked half as often."
        ),
        Setting(
            "pingTimeout",
            \.pingTimeout,
            .duration(.seconds(1) ... .minutes(1)),
            "How long such a question may stay unanswered. Meanwhile new calls take other connections; when a second one is "
                + "not answered either, the calls in flight on the connection count as `unknown`."
        ),
        Setting(
            "connectionAge",
            \.connectionAge,
            .duration(.zero ... .days(1)),
            "How old a connection gets, give or take a tenth, before another one takes its place, so that a change of "
                + "address, balancer or certificate is followed. At least `10s`; `0s` for any age."
        ),
        Setting(
            "caFile",
            \.caFile,
            orNull: .filePath(),
            "Certificates (PEM) to trust instead of the system's. A reload reads the file again."
        ),
        Setting(
            "proxy",
            \.proxy,
            orNull: .proxy,
            "An HTTP proxy to call through. What it wants to know of you stands in `proxyCredentials`, never here."
        ),
        Setting(
            "proxyCredentials",
            \.proxyCredentials,
            orNull: .secret,
            defaultNote: "none: the proxy asks for none",
            "Where the user and password for the proxy are, as one line `user:password`: a systemd credential, "
                + "`proxy-credentials` say, or a file that only the daemon may read. They are sent to the proxy alone "
                + "(Basic), whose way is not encrypted. A reload reads them again."
        ),
        Setting(
            "clientID",
            \.clientID,
            orNull: .clientID,
            defaultNote: "none: tokens are not renewed",
            "What Tight knows you by, your `client_id`. With `clientSecret`, tokens are renewed before they expire."
        ),
        Setting(
            "clientSecret",
            \.clientSecret,
            orNull: .secret,
            defaultNote: "none: tokens are not renewed",
            "Where your `client_secret` is: a systemd credential, `client-secret` say, or a file that only the daemon may "
                + "read. Never the secret itself."
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
        let credentials = Contradiction(
            [SettingPath("proxyCredentials"), SettingPath("proxy")],
            "proxyCredentials is set and proxy is not",
            "set proxy too, \"http://proxy.example.com:3128\" say, or leave both out"
        )
        return [
            environment != nil && baseURL != nil ? both : nil, timeouts,
            Self.neitherNoneNor(.seconds(1), SettingPath("pingAfter"), pingAfter),
            Self.neitherNoneNor(.seconds(10), SettingPath("connectionAge"), connectionAge),
            proxyCredentials != nil && proxy == nil ? credentials : nil, halfAClient,
        ].compactMap { $0 }
    }

    private static func neitherNoneNor(_ least: Duration, _ path: SettingPath, _ value: Duration) -> Contradiction? {
        guard value > .zero, value < least else { return nil }
        return Contradiction(
            [path], "\(path) (\(value.text)) is shorter than \(least.text)",
            "write \(least.text) or more, or 0s for none")
    }

    private var halfAClient: Contradiction? {
        let paths = [SettingPath("clientID"), SettingPath("clientSecret")]
        return switch (clientID, clientSecret) {
        case (nil, nil), (_?, _?): nil
        case (_?, nil):
            Contradiction(
                paths,
                "clientID is set and clientSecret is not",
                "set clientSecret too, {\"credential\": \"client-secret\"} say, or leave both out"
            )
        case (nil, _?):
            Contradiction(
                paths.reversed(),
                "clientSecret is set and clientID is not",
                "set clientID too, or leave both out"
            )
        }
    }
}
