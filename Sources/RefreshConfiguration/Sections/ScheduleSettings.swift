import RefreshCore

/// The section `schedule`, and the same keys of a group: how often a user is called.
enum ScheduleSettings {
    static let table: [Setting<UserPolicy>] = [
        Setting(
            "every",
            \.every,
            .duration(.seconds(1) ... .days(366)),
            "How often each user is refreshed. Users are spread evenly over this span, each at a time of its own."
        ),
        Setting(
            "minimumInterval",
            \.minimumInterval,
            .duration(.zero ... .days(366)),
            "Least time between two calls of a user that may have reached the bank, whatever asks for them. "
                + "Not longer than `every`."
        ),
        Setting(
            "attemptsPerDay",
            \.attemptsPerDay,
            .count(1...100_000),
            "How many calls a day (UTC) may reach a user's bank, scheduled and manual together. Not fewer than "
                + "`every` asks for."
        ),
    ]

    static func contradictions(in policy: UserPolicy) -> [Contradiction] {
        let every = SettingPath("every")
        let floor = Contradiction.longer(
            (SettingPath("minimumInterval"), policy.minimumInterval),
            than: (every, policy.every)
        )
        let perDay = Duration.days(1).wholeMicroseconds / policy.every.wholeMicroseconds
        let budget = Contradiction(
            [SettingPath("attemptsPerDay"), every],
            "every (\(policy.every.text)) asks for \(perDay) calls a day, "
                + "attemptsPerDay allows \(policy.attemptsPerDay)",
            "raise attemptsPerDay to \(perDay), or every"
        )
        return [floor, perDay > policy.attemptsPerDay ? budget : nil].compactMap { $0 }
    }
}

extension UserPolicy {
    /// One turn of the schedule.
    fileprivate var every: Duration {
        get { cadence.every }
        set { cadence = Cadence(every: newValue) }
    }
}
