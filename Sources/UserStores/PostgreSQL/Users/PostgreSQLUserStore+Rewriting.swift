package import RefreshCore
import Synchronization

extension PostgreSQLUserStore {
    /// Writes each user once, however many daemons rewrite at the same time.
    ///
    /// Every daemon that starts or takes new settings goes through all users, so none is left out if one of the daemons
    /// dies. Users that stay as they are are only read, because locking a row would write it, too.
    package func rewrite(
        after: Place?, limit: Int, _ change: @escaping @Sendable (User) -> User?
    ) async throws(StoreProblem) -> Place? {
        let seen = try await perform(.scheduler) { session in
            try RewrittenPage(
                session.read([RewrittenPage.look(after: after, limit: limit)], limits: .scheduler)[0], limit: limit,
                change)
        }
        if seen.changing.isEmpty { return seen.next }
        return try await changeUsers(announced: false, limits: .scheduler) { session in
            // An earlier rewrite has finished by this point, and may have left nothing to write.
            let looks = [RewrittenPage.waitForOthers, RewrittenPage.look(after: after, limit: limit)]
            let page = try RewrittenPage(session.run(looks)[1], limit: limit, change)
            guard !page.changing.isEmpty else { return page.next }
            let held = try session.run([
                UserStatements.held("u.place = ANY ($1::int8[])", .int8s(page.changing.map(\.rawValue)))
            ])[0]
            let changes = try held.map { try StoredUser($0).user }.compactMap { stored in
                stored.changed(by: change).map { UserStatements.Change(user: $0) }
            }
            try UserStatements.write(changes, session)
            return page.next
        }
    }
}

/// Neighbours in the order of their places, read without locking them.
private struct RewrittenPage {
    /// The places of the users that the change alters.
    let changing: [Place]
    /// Where to continue; nil at the end.
    let next: Place?

    /// Reads one row more than the limit, which tells whether there are more users.
    static func look(after place: Place?, limit: Int) -> Statement {
        Statement(
            """
            SELECT \(StoredUser.columns) FROM bankrefreshd.users u \(StoredUser.joins)
            WHERE u.place > $1 ORDER BY u.place LIMIT \(limit == .max ? limit : limit + 1)
            """, .int8(place?.rawValue ?? -1))
    }

    /// Lets one rewrite run at a time, until its transaction ends; only this program uses the number in this database.
    static let waitForOthers = Statement("SELECT pg_advisory_xact_lock(7310021984)")

    init(_ rows: Rows, limit: Int, _ change: (User) -> User?) throws {
        let users = try rows.map { try StoredUser($0).user }
        changing = users.prefix(limit).compactMap { $0.changed(by: change)?.place }
        next = users.count > limit ? users.prefix(limit).last?.place : nil
    }
}
