import RefreshCore

extension UserFilter {
    /// The condition on users `u` and their schedule `s`; takes six parameters, the first of this number.
    static func condition(from first: Int) -> String {
        let (state, reason, outcome, group, success, expiry) = (
            first, first + 1, first + 2, first + 3, first + 4, first + 5
        )
        return """
            (?\(state) IS NULL OR s.state = ?\(state)) AND (?\(reason) IS NULL OR s.park_reason = ?\(reason))
            AND (?\(outcome) IS NULL OR s.attempt_outcome = ?\(outcome))
            AND (?\(group) IS NULL OR u.group_name = ?\(group))
            AND (?\(success) IS NULL OR coalesce(s.last_success, s.failing_since, s.slot) < ?\(success))
            AND (?\(expiry) IS NULL OR u.token_expires_at < ?\(expiry))
            """
    }

    /// Gives the parameters of `condition`.
    func add(to values: inout PreparedStatement.Values) {
        values.add(state?.storeCode)
        values.add(parkReason?.storeCode)
        values.add(outcome?.storeCode)
        values.add(group?.rawValue)
        values.add(notRefreshedSince)
        values.add(expiringBefore)
    }
}
