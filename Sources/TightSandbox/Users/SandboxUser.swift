package import RefreshCore

/// One end user whom the sandbox knows, with the token that stands for them.
package struct SandboxUser: Sendable, Equatable {
    package let id: UserID
    package let token: AccessToken

    package init(id: UserID, token: AccessToken) {
        self.id = id
        self.token = token
    }
}
