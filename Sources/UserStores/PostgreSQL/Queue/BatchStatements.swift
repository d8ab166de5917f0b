import RefreshCore

/// Statements about rows of `batches`.
enum BatchStatements {
    /// Whoever has it is alone in claiming; brings whether the server is the one that the fleet works with.
    static let lockClaims = Statement(
        "SELECT \(Promotion.isOver) FROM bankrefreshd.fleet f WHERE f.one FOR NO KEY UPDATE")

    /// Ends a transaction that would change batches, where it is not known yet what the server lacks.
    static let expectServer = Statement("SELECT bankrefreshd.expect_server()")

    /// The users of a batch in the order in which they were leased.
    static func rows(_ id: Int64, member: Int64) -> Statement {
        Statement(
            """
            SELECT \(StoredUser.columns), \(StoredUser.tokenColumns)
            FROM bankrefreshd.batches b CROSS JOIN unnest(b.places) WITH ORDINALITY AS p(place, number)
            JOIN bankrefreshd.users u ON u.place = p.place \(StoredUser.joins)
            WHERE b.id = $1 AND b.member = $2 ORDER BY p.number
            """, .int8(id), .int8(member))
    }

    static func shorten(_ id: Int64, by places: [Int64], member: Int64) -> Statement {
        Statement(
            """
            UPDATE bankrefreshd.batches
            SET places = ARRAY(SELECT p FROM unnest(places) p WHERE p NOT IN (SELECT unnest($2::int8[])))
            WHERE id = $1 AND member = $3 AND NOT is_kept
                AND (SELECT \(Promotion.isOver) FROM bankrefreshd.fleet f WHERE f.one)
            """, .int8(id), .int8s(places), .int8(member))
    }

    static func delete(_ ids: [Int64], member: Int64) -> Statement {
        Statement(
            """
            DELETE FROM bankrefreshd.batches WHERE id = ANY ($1::int8[]) AND member = $2 AND NOT is_kept
                AND (SELECT \(Promotion.isOver) FROM bankrefreshd.fleet f WHERE f.one)
            """, .int8s(ids), .int8(member))
    }

    static func deleteEmpty(member: Int64) -> Statement {
        Statement("DELETE FROM bankrefreshd.batches WHERE places = '{}' AND member = $1 AND NOT is_kept", .int8(member))
    }
}
