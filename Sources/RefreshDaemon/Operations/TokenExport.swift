package import RefreshCore

/// All users with their tokens in clear text, page by page: for moving from this store to another.
///
/// This is no operation, since the daemon tells its clients no tokens. The caller must have the store to itself.
package struct TokenExport: Sendable {
    package struct Page: Sendable {
        /// One JSON object per line, as an import reads it.
        package let lines: Secret
        package let users: Int
        package let refreshTokens: Int
        /// Users with a token that cannot be opened; their other token, if any, is in `lines`.
        package let unopened: [UserID]
        /// Nil after the last page.
        package let last: UserID?
    }

    private static let usersAtOnce = 1_000

    private let store: any UserStore
    private let vault: any TokenSealing
    private let time: any Timekeeping

    package init(store: any UserStore, vault: any TokenSealing, time: any Timekeeping) {
        self.store = store
        self.vault = vault
        self.time = time
    }

    package func userCount() async throws -> Int {
        try await store.census(now: time.now).users
    }

    /// Settles the calls that a killed daemon left, as the next one would: they may have reached the bank until now.
    package func endLostCalls(
        policies: Policies, keepsHistory: Bool, events: any EventReporting,
        using random: inout some RandomNumberGenerator
    ) async throws {
        // A step back that no daemon has followed yet will move these moments, too.
        let ahead = max(time.uncertainty, try await CalendarOffset(of: store, time: time).most)
        try await LostCalls(store: store, policies: policies, keepsHistory: keepsHistory, events: events).end(
            at: { time.now.advanced(by: ahead) }, using: &random)
    }

    /// Users in the order of their ids, after `id`.
    package func page(after id: UserID?) async throws -> Page {
        let users = try await store.users(matching: .all, after: id, limit: Self.usersAtOnce)
        let tokens = try await store.tokens(of: users.map(\.id))
        // Reserved at once, because an array that grows leaves its bytes behind.
        var lines = JSONLines(reserving: zip(users, tokens).reduce(0) { $0 + Self.mostBytes(of: $1.0, $1.1) })
        defer { lines.wipe() }
        var (written, refreshTokens, unopened) = (0, 0, [UserID]())
        for (user, stored) in zip(users, tokens) {
            guard let stored else { continue }
            let access = try? vault.open(stored.access, as: .access, for: user.id)
            let refresh = stored.refresh.flatMap { try? vault.open($0, as: .refresh, for: user.id) }
            if access == nil || refresh == nil && stored.refresh != nil { unopened.append(user.id) }
            guard access != nil || refresh != nil else { continue }
            Self.append(user, access, refresh, to: &lines)
            written += 1
            refreshTokens += refresh == nil ? 0 : 1
        }
        return Page(
            lines: Secret(lines.bytes), users: written, refreshTokens: refreshTokens, unopened: unopened,
            last: users.count < Self.usersAtOnce ? nil : users.last?.id)
    }

    /// Nil after the last page.
    package func page(following page: Page) async throws -> Page? {
        guard let last = page.last else { return nil }
        return try await self.page(after: last)
    }

    private static func append(
        _ user: User, _ access: AccessToken?, _ refresh: AccessToken?, to lines: inout JSONLines
    ) {
        lines.addLine { line in
            line.add("user_id", user.id.rawValue)
            line.add("access_token", clear: access)
            line.add("refresh_token", clear: refresh)
            line.add("expires_at", precise: user.tokenExpiresAt)
            line.add("group", user.group?.rawValue)
            UserStanding(user).add(to: &line)
        }
    }

    private static func mostBytes(of user: User, _ stored: StoredToken?) -> Int {
        UserStanding.mostBytes(of: user.record) + 6 * user.id.rawValue.utf8.count
            + (stored?.access.bytes.count ?? 0) + (stored?.refresh?.bytes.count ?? 0)
    }
}
