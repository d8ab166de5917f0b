package import RefreshCore

/// One end user whom the sandbox knows, with the tokens that stand for them at the start.
package struct SandboxUser: Sendable, Equatable {
    package let id: UserID
    package let token: AccessToken
    package let refreshToken: AccessToken?
    /// Of the access token; nil when it lives as long as the sandbox.
    package let expiresAt: Timestamp?

    package init(id: UserID, token: AccessToken, refreshToken: AccessToken? = nil, expiresAt: Timestamp? = nil) {
        self.id = id
        self.token = token
        self.refreshToken = refreshToken
        self.expiresAt = expiresAt
    }
}
