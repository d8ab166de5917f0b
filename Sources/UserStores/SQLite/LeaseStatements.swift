import RefreshCore

/// The statements of the queue; each names its index, so that one that could not use it fails instead of crawling.
enum LeaseStatements {
    static let selectFirstDue = """
        SELECT due FROM schedule INDEXED BY schedule_free_by_due
        WHERE lease_id IS NULL AND due IS NOT NULL ORDER BY due LIMIT 1
        """

    static let selectDue = """
        SELECT \(UserRow.columns), u.token, u.refresh_token
        FROM schedule s INDEXED BY schedule_free_by_due
        CROSS JOIN users u ON u.place = s.place LEFT JOIN reasons r ON r.place = s.place
        \(whereDue)
        """

    private static let whereDue = "WHERE s.lease_id IS NULL AND s.due <= ? ORDER BY s.due, s.place LIMIT ?"

    /// Looks at the oldest 2,000: an index by outcome would cost every settlement a page.
    static let selectProbes = """
        SELECT \(UserRow.columns), u.token, u.refresh_token
        FROM (
            SELECT place AS first FROM (
                SELECT place, due, \(probeRank) AS rank FROM schedule INDEXED BY schedule_free_by_due
                WHERE lease_id IS NULL AND due <= ? ORDER BY due, place LIMIT 2000)
            ORDER BY rank, due, place LIMIT ?)
        CROSS JOIN schedule s ON s.place = first
        CROSS JOIN users u ON u.place = s.place LEFT JOIN reasons r ON r.place = s.place
        """

    private static let probeRank = {
        let ranks = OutcomeKind.allCases.map { "WHEN \($0.storeCode) THEN \($0.rankForProbe)" }
        return "CASE attempt_outcome \(ranks.joined(separator: " ")) ELSE 1 END"
    }()

    static let selectOne = """
        SELECT \(UserRow.columns), u.token, u.refresh_token
        FROM users u CROSS JOIN schedule s ON s.place = u.place LEFT JOIN reasons r ON r.place = s.place
        WHERE u.id = ?
        """

    static let selectLost = """
        SELECT \(UserRow.columns), u.token, u.refresh_token
        FROM schedule s INDEXED BY schedule_leased_by_holder
        CROSS JOIN users u ON u.place = s.place LEFT JOIN reasons r ON r.place = s.place
        WHERE s.lease_id IS NOT NULL AND s.holder <> ? LIMIT ?
        """

    static let selectHeld = """
        SELECT \(UserRow.columns)
        FROM schedule s CROSS JOIN users u ON u.place = s.place LEFT JOIN reasons r ON r.place = s.place
        WHERE s.place = ? AND s.lease_id = ?
        """

    static let selectFirstRenewal = """
        SELECT u.renew_at FROM users u INDEXED BY users_by_renewal CROSS JOIN schedule s ON s.place = u.place
        WHERE u.renew_at IS NOT NULL AND s.lease_id IS NULL ORDER BY u.renew_at LIMIT 1
        """

    static let selectRenewals = """
        SELECT \(UserRow.columns), u.token, u.refresh_token
        FROM users u INDEXED BY users_by_renewal
        CROSS JOIN schedule s ON s.place = u.place LEFT JOIN reasons r ON r.place = s.place
        WHERE u.renew_at <= ? AND s.lease_id IS NULL ORDER BY u.renew_at LIMIT ?
        """

    static let selectHeldTokens = """
        SELECT \(UserRow.columns), u.token, u.refresh_token
        FROM schedule s CROSS JOIN users u ON u.place = s.place LEFT JOIN reasons r ON r.place = s.place
        WHERE s.place = ? AND s.lease_id = ?
        """

    static let writeRenewal = """
        UPDATE users SET token_issued_at = ?, renew_at = ?, renewal_failures = ? WHERE place = ?
        """

    static let writeTokens = """
        UPDATE users SET token = ?, refresh_token = coalesce(?, refresh_token), token_expires_at = ?,
            token_version = token_version + 1 WHERE place = ?
        """

    static let take = "UPDATE schedule SET \(LeaseTerms.assignments) WHERE place = ?"

    /// Takes those that `selectDue` finds; joined as there, or a row without a user would make them others.
    static let takeDue = """
        UPDATE schedule SET \(LeaseTerms.assignments)
        WHERE place IN (
            SELECT s.place FROM schedule s INDEXED BY schedule_free_by_due
            CROSS JOIN users u ON u.place = s.place \(whereDue))
        """

    /// From so many rows on `takeDue` costs less than `take` for each.
    static let fewestAtOnce = 10

    static let settle = """
        UPDATE schedule SET \(ScheduleRow.assignments),
            lease_id = NULL, lease_until = NULL, leased_at = NULL, holder = NULL, leased_for = NULL
        WHERE place = ? AND lease_id = ? AND revision = ?
        """

    static let release = """
        UPDATE schedule SET lease_id = NULL, lease_until = NULL, leased_at = NULL, holder = NULL, leased_for = NULL
        WHERE place = ? AND lease_id = ?
        """
}

/// What the leases of one batch have in common.
struct LeaseTerms {
    private let now: Timestamp
    private let until: Timestamp
    private let holder: Int64
    private let isForRenewal: Bool
    /// Added to a place it makes the id of a lease; below zero, so that the sum is always in range.
    private let base = Int64.random(in: .min..<0)

    init(now: Timestamp, until: Timestamp, holder: Int64, isForRenewal: Bool = false) {
        self.now = now
        self.until = until
        self.holder = holder
        self.isForRenewal = isForRenewal
    }

    /// The columns that `add` fills, in its order.
    static let assignments = """
        lease_id = place + ?, lease_until = ?, leased_at = ?, holder = ?, leased_for = coalesce(?, leased_for)
        """

    func add(to values: inout PreparedStatement.Values) {
        values.add(base)
        values.add(until)
        values.add(now)
        values.add(holder)
        // What is free was leased for nothing; what was lost stays leased for what it was.
        values.add(isForRenewal ? 1 : Int64?.none)
    }

    func lease(at place: Place) -> Lease {
        Lease(id: base + place.rawValue, place: place, until: until)
    }
}
