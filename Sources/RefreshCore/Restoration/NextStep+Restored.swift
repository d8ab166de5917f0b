extension NextStep {
    /// A user of a restored store, if it is unknown what happened after the backup.
    ///
    /// The user counts as called at the restore. Its day is charged with as many calls as the minimum interval allowed
    /// meanwhile, up to the daily budget.
    package static func restored(
        _ user: User, after restoration: StoreRestoration, policy: UserPolicy, now: Timestamp
    ) -> User {
        let moment = restoration.restoredAt
        // Who was called since is known again.
        guard user.record.reachedAt == moment else { return user }
        var next = user
        let known = user.record.day == moment.day ? user.record.attemptsToday : 0
        let unknown = possibleCalls(from: max(restoration.takenAt, .startOfDay(moment.day)), to: moment, policy: policy)
        next.record.day = moment.day
        next.record.attemptsToday = max(known, min(policy.attemptsPerDay, known + unknown))
        return reanchored(next, policy: policy, now: now)
    }

    /// How many calls the minimum interval lets into a span, up to a day's budget.
    private static func possibleCalls(from start: Timestamp, to end: Timestamp, policy: UserPolicy) -> Int {
        guard start <= end else { return 0 }
        let interval = policy.minimumInterval.wholeMicroseconds
        guard interval > 0 else { return policy.attemptsPerDay }
        let calls = start.duration(to: end).wholeMicroseconds / interval + 1
        return calls < Int64(policy.attemptsPerDay) ? Int(calls) : policy.attemptsPerDay
    }
}
