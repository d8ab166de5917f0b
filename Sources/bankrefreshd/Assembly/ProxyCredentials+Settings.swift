import RefreshConfiguration
import TightAPI

extension ProxyCredentials {
    /// What the configuration `file` names; nil when it names none.
    init?(_ configuration: Configuration, file: String) throws {
        guard let reference = configuration.api.proxyCredentials else { return nil }
        let pair = try reference.readLine(
            of: "api.proxyCredentials", beside: file, trusted: configuration.store.owner)
        guard let credentials = ProxyCredentials(pair) else {
            throw CommandFailure(
                .configuration, "api.proxyCredentials: the secret is not of the form user:password on one line",
                remedy: "write user and password into it with a colon between them, and nothing else")
        }
        self = credentials
    }
}
