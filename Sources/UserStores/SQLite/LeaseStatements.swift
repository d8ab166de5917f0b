import RefreshCore

/// The statements of the queue; each names its index, so that one that could not use it fails instead of crawling.
///
/// None knows who is leased: whoever reads their rows leaves out those whom `OpenLeases` holds, and stops when there are
/// enough.
enum LeaseStatements {
    static let selectFirstDue = """
        SELECT place, due FROM schedule INDEXED BY schedule_by_due
        WHERE due IS NOT NULL AND (due, place) > (?, ?) ORDER BY due, place
        """

    static let selectDue = """
        SELECT \(UserRow.columns), u.token, u.refresh_token
        FROM schedule s INDEXED BY schedule_by_due
        CROSS JOIN users u ON u.place = s.place LEFT JOIN reasons r ON r.place = s.place
        WHERE s.due <= ? AND (s.due, s.place) > (?, ?) ORDER BY s.due, s.place
        """

    /// An index by outcome would cost every settlement a page.
    static let selectDueOutcomes = """
        SELECT place, due, attempt_outcome FROM schedule INDEXED BY schedule_by_due
        WHERE due <= ? AND (due, place) > (?, ?) ORDER BY due, place
        """

    static let countDue = "SELECT count(*) FROM schedule INDEXED BY schedule_by_due WHERE due <= ?"

    static let selectID = """
        SELECT \(UserRow.columns), u.token, u.refresh_token
        FROM users u CROSS JOIN schedule s ON s.place = u.place LEFT JOIN reasons r ON r.place = s.place
        WHERE u.id = ?
        """

    static let selectPlace = """
        SELECT \(UserRow.columns), u.token, u.refresh_token
        FROM schedule s CROSS JOIN users u ON u.place = s.place LEFT JOIN reasons r ON r.place = s.place
        WHERE s.place = ?
        """

    static let selectSettled = """
        SELECT \(UserRow.columns), s.settled
        FROM schedule s CROSS JOIN users u ON u.place = s.place LEFT JOIN reasons r ON r.place = s.place
        WHERE s.place = ?
        """

    static let selectFirstRenewal = """
        SELECT place, renew_at FROM users INDEXED BY users_by_renewal WHERE renew_at IS NOT NULL ORDER BY renew_at
        """

    static let selectRenewals = """
        SELECT \(UserRow.columns), u.token, u.refresh_token
        FROM users u INDEXED BY users_by_renewal
        CROSS JOIN schedule s ON s.place = u.place LEFT JOIN reasons r ON r.place = s.place
        WHERE u.renew_at <= ? ORDER BY u.renew_at
        """

    static let writeRenewal = """
        UPDATE users SET token_issued_at = ?, renew_at = ?, renewal_failures = ? WHERE place = ?
        """

    static let writeTokens = """
        UPDATE users SET token = ?, refresh_token = coalesce(?, refresh_token), token_expires_at = ?,
            token_version = token_version + 1 WHERE place = ?
        """

    /// Writes nothing a second time under the same lease, whatever is thought to be open.
    static let settle = """
        UPDATE schedule SET \(ScheduleRow.assignments), settled = ?\(lease)
        WHERE place = ?\(lease + 1) AND revision = ?\(lease + 2) AND settled IS NOT ?\(lease)
        """

    private static let lease = ScheduleRow.columns.count + 1
}
