package import RefreshCore

/// Users for simulations: `user-1` and so on, each with a token of its own that says whose it is.
package enum Fleet {
    package static func id(_ number: Int) throws -> UserID {
        try UserID("user-\(number)")
    }

    package static func token(_ number: Int) throws -> AccessToken {
        try AccessToken("token-of-user-\(number)".utf8)
    }

    package static func entries(_ count: Int) throws -> [NewUser] {
        try (0..<count).map { number in
            let id = try id(number)
            return NewUser(
                id: id, group: nil, token: try PlainVault().seal(try token(number), as: .access, for: id),
                expiresAt: nil)
        }
    }
}

extension UserStore {
    /// Adds `count` users under a policy, each at its first slot after `now`.
    package func addFleet(_ count: Int, policy: UserPolicy, now: Timestamp) async throws {
        _ = try await put(
            Fleet.entries(count),
            added: { NextStep.added($0.id, at: $1, group: $0.group, policy: policy, now: now) },
            replaced: { NextStep.tokenReplaced($1, policy: policy, now: now) })
    }
}
