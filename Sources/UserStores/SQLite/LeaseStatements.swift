/// The statements of the queue; each names its index, so that one that could not use it fails instead of crawling.
enum LeaseStatements {
    static let selectFirstDue = """
        SELECT due FROM schedule INDEXED BY schedule_free_by_due
        WHERE lease_id IS NULL AND due IS NOT NULL ORDER BY due LIMIT 1
        """

    static let selectDue = """
        SELECT \(UserRow.columns), u.token
        FROM schedule s INDEXED BY schedule_free_by_due
        CROSS JOIN users u ON u.place = s.place LEFT JOIN reasons r ON r.place = s.place
        WHERE s.lease_id IS NULL AND s.due <= ? ORDER BY s.due, s.place LIMIT ?
        """

    static let selectOne = """
        SELECT \(UserRow.columns), u.token
        FROM users u CROSS JOIN schedule s ON s.place = u.place LEFT JOIN reasons r ON r.place = s.place
        WHERE u.id = ?
        """

    static let selectLost = """
        SELECT \(UserRow.columns), u.token
        FROM schedule s INDEXED BY schedule_leased_by_holder
        CROSS JOIN users u ON u.place = s.place LEFT JOIN reasons r ON r.place = s.place
        WHERE s.lease_id IS NOT NULL AND s.holder <> ? LIMIT ?
        """

    static let selectHeld = """
        SELECT \(UserRow.columns)
        FROM schedule s CROSS JOIN users u ON u.place = s.place LEFT JOIN reasons r ON r.place = s.place
        WHERE s.place = ? AND s.lease_id = ?
        """

    static let take = """
        UPDATE schedule SET lease_id = ?, lease_until = ?, leased_at = ?, holder = ? WHERE place = ?
        """

    static let settle = """
        UPDATE schedule SET \(ScheduleRow.assignments),
            lease_id = NULL, lease_until = NULL, leased_at = NULL, holder = NULL
        WHERE place = ? AND lease_id = ? AND revision = ?
        """

    static let release = """
        UPDATE schedule SET lease_id = NULL, lease_until = NULL, leased_at = NULL, holder = NULL
        WHERE place = ? AND lease_id = ?
        """
}
