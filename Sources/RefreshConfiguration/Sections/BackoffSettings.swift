import RefreshCore

/// The section `backoff`, and the same keys of a group: how long a user waits after a failure.
enum BackoffSettings {
    static let table: [Setting<UserPolicy>] = [
        Setting(
            "failure",
            section: ladder(\.failureBackoff),
            "After calls that failed for a reason of the user's own."
        ),
        Setting(
            "outage",
            section: ladder(\.outageBackoff) + [
                Setting(
                    "triesPerSlot",
                    \.outageTriesPerSlot,
                    .count(1...1_000),
                    "Tries before the user waits for its next regular time."
                )
            ],
            "After calls that failed because the API was out of reach or asked to wait."
        ),
        Setting(
            "longestRetryAfter",
            \.longestRetryAfter,
            .duration(.seconds(1) ... .days(366)),
            "A longer wait that the API asks for (`Retry-After`) is cut to this."
        ),
        Setting(
            "serverErrors",
            \.serverErrors,
            .choice,
            "When a user is called again after an answer of 500 and above (504 apart, which is `unknown`). Proxies and "
                + "gateways give such answers for calls that Tight has begun: `minimumInterval` waits until that has "
                + "passed. `soon` waits as `outage` says, for who knows that nothing stands between; a user may then be "
                + "called twice within the minimum interval, or more often a day than `schedule.attemptsPerDay`. "
                + "`Retry-After` is waited for in any case."
        ),
    ]

    private static func ladder(
        _ backoff: any WritableKeyPath<UserPolicy, Backoff> & Sendable
    ) -> [Setting<UserPolicy>] {
        let table: [Setting<Backoff>] = [
            Setting(
                "first",
                \.first,
                .duration(.milliseconds(10) ... .days(366)),
                "The longest wait after the first failure; it doubles with each further one."
            ),
            Setting(
                "ceiling",
                \.ceiling,
                .duration(.milliseconds(10) ... .days(366)),
                "No wait is longer than this."
            ),
        ]
        return table.map { $0.lifted(to: backoff) }
    }

    static func contradictions(in policy: UserPolicy) -> [Contradiction] {
        [("failure", policy.failureBackoff), ("outage", policy.outageBackoff)].compactMap { name, backoff in
            .longer(
                (SettingPath(name, "first"), backoff.first),
                than: (SettingPath(name, "ceiling"), backoff.ceiling)
            )
        }
    }
}
