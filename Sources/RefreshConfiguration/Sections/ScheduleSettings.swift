import RefreshCore

/// The section `schedule`, and the same keys of a group: how often a user is called.
enum ScheduleSettings {
    static let table: [Setting<UserPolicy>] = [
        Setting(
            "every",
            \.every,
            .duration(.seconds(1) ... .days(366)),
            "How often each user is refreshed. Users are spread evenly over this time, each in a slot of its own. With "
                + "`window`, a whole number of days."
        ),
        Setting(
            "window",
            \.window,
            orNull: .window,
            "Hours of the day for scheduled calls, including retries, in a time zone with an IANA name. If `to` is not "
                + "after `from`, the window spans midnight. Users are spread evenly over it. `bankrefreshd refresh` "
                + "works at any hour."
        ),
        Setting(
            "minimumInterval",
            \.minimumInterval,
            .duration(.zero ... .days(366)),
            "The minimum interval: the shortest time between two calls that may have reached one user's bank, scheduled "
                + "or manual. Not longer than `every`."
        ),
        Setting(
            "attemptsPerDay",
            \.attemptsPerDay,
            .count(1...100_000),
            "The daily budget: how many calls per UTC day may reach one user's bank, scheduled and manual. Not "
                + "fewer than `every` needs."
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
            + windowContradictions(in: policy)
    }

    private static func windowContradictions(in policy: UserPolicy) -> [Contradiction] {
        guard policy.window != nil else { return [] }
        let window = SettingPath("window")
        let every = SettingPath("every")
        let partOfDay = policy.every.wholeMicroseconds % Duration.days(1).wholeMicroseconds
        guard partOfDay == 0 else {
            let whole = policy.every - .microseconds(partOfDay)
            let choices = (whole > .zero ? [whole] : []) + [whole + .days(1)]
            return [
                Contradiction(
                    [every, window],
                    "with a window, every (\(policy.every.text)) must be a whole number of days",
                    "set every to \(choices.map(\.text).joined(separator: " or ")), or omit the window"
                )
            ]
        }
        var contradictions: [Contradiction] = []
        let longest = policy.every - changeAllowance
        if policy.minimumInterval > longest, policy.minimumInterval <= policy.every {
            contradictions.append(
                Contradiction(
                    [SettingPath("minimumInterval"), window, every],
                    "minimumInterval (\(policy.minimumInterval.text)) leaves no room for days on which the clock is set",
                    "with a window and every \(policy.every.text), lower minimumInterval to \(longest.text)"
                )
            )
        }
        if policy.attemptsPerDay < 2 {
            contradictions.append(
                Contradiction(
                    [SettingPath("attemptsPerDay"), window],
                    "attemptsPerDay (1) counts days of UTC, one of which may hold the windows of two local days",
                    "with a window, raise attemptsPerDay to 2"
                )
            )
        }
        return contradictions
    }

    /// How much less than `every` can lie between two calls: an hour of clock change, and the delay of the first call.
    private static let changeAllowance = Duration.hours(2)
}

extension UserPolicy {
    /// The schedule's interval.
    fileprivate var every: Duration {
        get { cadence.every }
        set { cadence = Cadence(every: newValue, window: cadence.window) }
    }

    /// The hours of the day during which users are called.
    fileprivate var window: DailyWindow? {
        get { cadence.window }
        set { cadence = Cadence(every: cadence.every, window: newValue) }
    }
}
