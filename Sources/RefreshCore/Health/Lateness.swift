/// From when on a schedule is late, for a person to look at or in trouble.
///
/// Two measures, for each fails where the other holds:
///
/// - **How many are overdue.** With a load that is flat, the share of users that are overdue is the part of its own
///   interval that a user waits: with a tenth overdue, a user of 15 minutes waits a minute and a half, one of a day over
///   two hours. So it is right for every group at once, and for intervals that are short. Fewer than five users, and users
///   due for less than half a minute, are a batch on its way.
/// - **How long the oldest waits.** A share does not see a few who wait long. The shortest `every` of those who are stored
///   sets the limit, a twenty-fourth of it: an hour of a day. It is 5 minutes at least, which a restart may take, and an
///   hour at most, which is from where on `alerts.late` counts by default. It is trouble at a quarter of `every`, a quarter
///   of an hour at least and 6 hours at most: the minimum interval by default, from which on retries meet the next turn.
package struct Lateness: Equatable, Sendable {
    static let share = 0.1
    static let shareOfTrouble = 0.5
    static let fewestUsers = 5
    package static let shortest = Duration.seconds(30)

    /// So late is worth a look, and so late is trouble.
    package let limit: Duration
    package let limitOfTrouble: Duration

    package init(every: Duration) {
        limit = min(max(every / 24, .minutes(5)), .hours(1))
        limitOfTrouble = min(max(every / 4, .minutes(15)), .hours(6))
    }

    /// For the groups that `users` users are in, as far as that is known; for all that are configured where it is not.
    package init(_ policies: Policies, groups: [GroupSize] = [], users: Int = 0) {
        let named = groups.filter { policies.groups[$0.group] != nil && $0.users > 0 }
        var spans = named.compactMap { policies.groups[$0.group]?.cadence.every }
        if spans.isEmpty || named.reduce(0, { $0 + $1.users }) < users { spans.append(policies.standard.cadence.every) }
        if users == 0 { spans += policies.groups.values.map(\.cadence.every) }
        self.init(every: spans.min() ?? policies.standard.cadence.every)
    }

    /// What it means that so many of those who are called are overdue, the oldest for `lag`; nil when nothing.
    package func severity(lag: Duration, overdue: Int, of callable: Int) -> Health.Severity? {
        guard lag >= Self.shortest else { return nil }
        let share = overdue >= Self.fewestUsers ? Double(overdue) / Double(max(1, callable)) : 0
        if lag >= limitOfTrouble || share >= Self.shareOfTrouble { return .trouble }
        return lag >= limit || share >= Self.share ? .attention : nil
    }
}
