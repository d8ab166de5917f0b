package import RefreshCore

/// Everything that is stored about a user, except its tokens.
package struct ExportUser: Operation {
    package enum CodingKeys: String, CodingKey, CaseIterable { case user }

    package static let name = "export-user"

    package let user: UserID

    package init(_ user: UserID) {
        self.user = user
    }

    package func run(with store: StoreContext) async throws -> UserExport {
        let user = try await store.user(user)
        var history: [AttemptRecord] = []
        while true {
            let limit = ReadHistory.limits.upperBound
            let page = try await store.store.history(of: user.id, before: history.last?.startedAt, limit: limit) ?? []
            history += page
            if page.count < limit { return UserExport(user, history: history) }
        }
    }
}
