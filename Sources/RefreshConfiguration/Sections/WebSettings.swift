import RefreshCore

/// The section `web`: the page, the metrics and the health checks.
package struct WebSettings: Equatable, Sendable {
    /// Nil: nothing is served.
    package var listen: ListenAddress?
    package var title: String?

    /// What an operator should think about, though it is allowed; nil when there is nothing.
    package var warning: String? {
        guard let listen, !listen.isLoopback else { return nil }
        return "web.listen is \(listen): other machines can see the status, because the page has no login; put a proxy "
            + "with a login in front of 127.0.0.1, or restrict access with a firewall"
    }

    static let table: [Setting<WebSettings>] = [
        Setting(
            "listen",
            \.listen,
            orNull: .listenAddress,
            effect: .restart,
            "The address of the page, `/metrics`, `/healthz` and `/readyz` over HTTP; `null` turns the server off. "
                + "There is no login: keep it on the loopback, or behind a proxy or a firewall."
        ),
        Setting(
            "title",
            \.title,
            orNull: .label(longest: 60),
            effect: .restart,
            "The name of this installation on the page, if you have several."
        ),
    ]
}

/// The section `control`: how commands reach the daemon.
enum ControlSettings {
    static let table: [Setting<Configuration>] = [
        // A socket's path holds 108 bytes with its closing zero, see unix(7).
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

/// The section `log`: what is logged, and how.
package struct LogSettings: Equatable, Sendable {
    package enum Format: String, CaseIterable, Sendable {
        case auto, text, json
    }

    package enum Refreshed: String, CaseIterable, Sendable {
        case each, summary
    }

    package var format = Format.auto
    /// How successes are told; everything else is told one by one.
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
