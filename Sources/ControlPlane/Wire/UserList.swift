import RefreshDaemon

/// The answer to `GET /v1/users`; the next page begins after the last user's id.
struct UserList: Codable, Equatable {
    let users: [UserReport]
}
