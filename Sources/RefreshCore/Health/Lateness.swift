/// When a late schedule needs attention, and when it is trouble.
///
/// There are two measures, because each fails where the other works:
///
/// - **How many are overdue.** With a flat load, the share of users that are overdue is the part of its own interval
///   that a user waits: with a tenth overdue, a user of 15 minutes waits a minute and a half, and one of a day over two
///   hours. So it suits every group at once, and short intervals. Fewer than five users, and users due for less than
///   half a minute, are a batch in progress.
/// - **How long the oldest waits.** A share does not show a few users that wait long. The limit is a twenty-fourth of
///   the shortest `every` of the stored users: an hour for a day. It is at least 5 minutes, which a restart may take,
///   and at most an hour, the default threshold of `alerts.late`. It is trouble at a quarter of `every`, at least 15
///   minutes and at most 6 hours: the default minimum interval, from which retries coincide with the next turn.
package struct Lateness: Equatable, Sendable {
    static let share = 0.1
    static let shareOfTrouble = 0.5
    static let fewestUsers = 5
    package static let shortest = Duration.seconds(30)

    /// The wait that needs attention, and the wait that is trouble.
    package let limit: Duration
    package let limitOfTrouble: Duration

    package init(every: Duration) {
        limit = min(max(every / 24, .minutes(5)), .hours(1))
        limitOfTrouble = min(max(every / 4, .minutes(15)), .hours(6))
    }

    /// For the groups of the `users` stored users, or for all configured groups if `users` is 0.
    package init(_ policies: Policies, groups: [GroupSize] = [], users: Int = 0) {
        let named = groups.filter { policies.groups[$0.group] != nil && $0.users > 0 }
        var spans = named.compactMap { policies.groups[$0.group]?.cadence.every }
        if spans.isEmpty || named.reduce(0, { $0 + $1.users }) < users { spans.append(policies.standard.cadence.every) }
        if users == 0 { spans += policies.groups.values.map(\.cadence.every) }
        self.init(every: spans.min() ?? policies.standard.cadence.every)
    }

    /// The severity of `overdue` of `callable` users being overdue, the oldest for `lag`; nil if there is none.
    package func severity(lag: Duration, overdue: Int, of callable: Int) -> Health.Severity? {
        guard lag >= Self.shortest else { return nil }
        let share = overdue >= Self.fewestUsers ? Double(overdue) / Double(max(1, callable)) : 0
        if lag >= limitOfTrouble || share >= Self.shareOfTrouble { return .trouble }
        return lag >= limit || share >= Self.share ? .attention : nil
    }
}
