/// Answers what `put-users` would answer now.
///
/// It changes nothing.
package struct PreviewUsers: BatchOperation {
    package enum CodingKeys: String, CodingKey, CaseIterable { case users }

    package static let name = "preview-users"

    package let users: [UserEntry]

    package init(_ users: [UserEntry]) {
        self.users = users
    }

    package func run(with store: StoreContext) async throws -> [PutAnswer] {
        try await store.preview(users)
    }
}
