package import RefreshCore

/// One user.
package struct ShowUser: Operation {
    package enum CodingKeys: String, CodingKey, CaseIterable { case user }

    package static let name = "show-user"

    package let user: UserID

    package init(_ user: UserID) {
        self.user = user
    }

    package func run(with store: StoreContext) async throws -> UserReport {
        UserReport(try await store.user(user))
    }
}
