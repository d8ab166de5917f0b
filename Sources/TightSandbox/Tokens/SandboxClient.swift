package import RefreshCore

/// The platform as the sandbox knows it: who may renew tokens.
package struct SandboxClient: Sendable, Equatable {
    package let id: String
    package let secret: Secret

    package init(id: String, secret: Secret) {
        self.id = id
        self.secret = secret
    }
}
