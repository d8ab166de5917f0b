import RefreshConfiguration
import RefreshCore
import TightAPI

extension ClientCredentials {
    /// What the configuration `file` names; nil when it names none, and nothing is renewed.
    init?(_ configuration: Configuration, file: String) throws {
        guard let id = configuration.api.clientID, let reference = configuration.api.clientSecret else { return nil }
        let secret = try reference.readLine(
            of: "api.clientSecret", beside: file, trusted: configuration.store.owner)
        guard secret.count > 0, secret.withBytes({ $0.allSatisfy { $0 > 0x20 && $0 != 0x7F } }) else {
            throw CommandFailure(
                .configuration, "api.clientSecret: the secret is empty, or holds a space or a line break",
                remedy: "write the secret alone into it, as one line")
        }
        self.init(id: id, secret: secret)
    }
}
