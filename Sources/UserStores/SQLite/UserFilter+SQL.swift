import RefreshCore

extension UserFilter {
    /// The condition on users `u` and their schedule `s`; takes five parameters, the first of this number.
    static func condition(from first: Int) -> String {
        let (state, outcome, group, success, expiry) = (first, first + 1, first + 2, first + 3, first + 4)
        return """
            (?\(state) IS NULL OR s.state = ?\(state)) AND (?\(outcome) IS NULL OR s.attempt_outcome = ?\(outcome))
            AND (?\(group) IS NULL OR u.group_name = ?\(group))
            AND (?\(success) IS NULL OR coalesce(s.last_success, s.failing_since, s.slot) < ?\(success))
            AND (?\(expiry) IS NULL OR u.token_expires_at < ?\(expiry))
            """
    }

    /// Gives the parameters of `condition`.
    func add(to values: inout PreparedStatement.Values) {
        values.add(state?.storeCode)
        values.add(outcome?.storeCode)
        values.add(group?.rawValue)
        values.add(notRefreshedSince)
        values.add(expiringBefore)
    }
}
