import RefreshCore

/// Statements about rows of `batches`.
enum BatchStatements {
    /// Takes the lock that serializes claims; returns whether the server is the one that the fleet works with.
    static let lockClaims = Statement(
        "SELECT \(Promotion.isOver) FROM bankrefreshd.fleet f WHERE f.one FOR NO KEY UPDATE")

    /// Aborts a transaction that would change batches while it is unknown what the server lacks.
    static let expectServer = Statement("SELECT bankrefreshd.expect_server()")

    /// The users of a batch in the order in which they were leased.
    static func rows(_ id: Int64, member: Int64) -> Statement {
        Statement(
            """
            SELECT \(LeasableUser.columns)
            FROM bankrefreshd.batches b CROSS JOIN unnest(b.places) WITH ORDINALITY AS p(place, number)
            JOIN bankrefreshd.users u ON u.place = p.place \(StoredUser.joins)
            WHERE b.id = $1 AND b.member = $2 ORDER BY p.number
            """, .int8(id), .int8(member))
    }

    /// Removes places from the rows of their own batches only: a place may already be leased in another batch.
    ///
    /// Returns one statement, or none.
    static func shorten(_ rows: [(id: Int64, places: [Int64])], member: Int64) -> [Statement] {
        guard !rows.isEmpty else { return [] }
        let pairs = rows.flatMap { row in row.places.map { (id: row.id, place: $0) } }
        return [
            Statement(
                """
                UPDATE bankrefreshd.batches
                SET places = ARRAY(
                    SELECT p FROM unnest(places) p
                    WHERE (id, p) NOT IN (SELECT g.id, g.place FROM unnest($1::int8[], $2::int8[]) AS g(id, place)))
                WHERE id = ANY ($4::int8[]) AND member = $3 AND NOT is_kept AND \(Promotion.isOverNow)
                """, .int8s(pairs.map(\.id)), .int8s(pairs.map(\.place)), .int8(member), .int8s(rows.map(\.id)))
        ]
    }

    static func delete(_ ids: [Int64], member: Int64) -> Statement {
        Statement(
            """
            DELETE FROM bankrefreshd.batches WHERE id = ANY ($1::int8[]) AND member = $2 AND NOT is_kept
                AND \(Promotion.isOverNow)
            """, .int8s(ids), .int8(member))
    }

    static func deleteEmpty(member: Int64) -> Statement {
        Statement("DELETE FROM bankrefreshd.batches WHERE places = '{}' AND member = $1 AND NOT is_kept", .int8(member))
    }
}
