/// The section `web`: the page, the metrics and the health checks.
package struct WebSettings: Equatable, Sendable {
    /// Nil: nothing is served.
    package var listen: ListenAddress?
    package var title: String?

    /// What an operator should think about, though it is allowed; nil when there is nothing.
    package var warning: String? {
        guard let listen, !listen.isLoopback else { return nil }
        return "web.listen is \(listen): whoever reaches it sees how the fleet does, for the page has no login; "
            + "put a proxy that asks for one before 127.0.0.1, or let a firewall decide who gets there"
    }

    static let table: [Setting<WebSettings>] = [
        Setting(
            "listen",
            \.listen,
            orNull: .listenAddress,
            effect: .restart,
            "Where the page, `/metrics`, `/healthz` and `/readyz` are served over HTTP; nowhere if `null`. There is no "
                + "login: keep it on the loopback, or behind a proxy or a firewall."
        ),
        Setting(
            "title",
            \.title,
            orNull: .label(longest: 60),
            effect: .restart,
            "The fleet's name on the page, for whoever has several."
        ),
    ]
}
