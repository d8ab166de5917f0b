package import RefreshCore

/// The platform's own credentials at Tight, for renewing tokens.
package struct ClientCredentials: Sendable, Equatable {
    package let id: String
    package let secret: Secret

    package init(id: String, secret: Secret) {
        self.id = id
        self.secret = secret
    }
}
