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
