import RefreshCore

/// The section `backoff`, and the same keys of a group: how long a user waits after a failure.
enum BackoffSettings {
    static let table: [Setting<UserPolicy>] = [
        Setting(
            "failure",
            section: backoff(\.failureBackoff),
            "After calls that failed because of the user's bank or token."
        ),
        Setting(
            "outage",
            section: backoff(\.outageBackoff) + [
                Setting(
                    "triesPerSlot",
                    \.outageTriesPerSlot,
                    .count(1...1_000),
                    "Tries before the user waits for its next slot."
                )
            ],
            "After calls that failed because the API was not reached or asked to wait."
        ),
        Setting(
            "longestRetryAfter",
            \.longestRetryAfter,
            .duration(.seconds(1) ... .days(366)),
            "The limit for a wait that the API asks for (`Retry-After`)."
        ),
        Setting(
            "serverErrors",
            \.serverErrors,
            .choice,
            "When the daemon calls a user again after a status of 500 and above (except 504, which is `unknown`). "
                + "Proxies and gateways also give such answers for calls that Tight has started. With "
                + "`minimumInterval`, the daemon therefore waits for the minimum interval. With `soon`, it waits as "
                + "`outage` says; use this only if no gateway is in between. It may then call a user twice within the "
                + "minimum interval, or more often a day than `schedule.attemptsPerDay`. `Retry-After` always applies."
        ),
    ]

    private static func backoff(
        _ backoff: any WritableKeyPath<UserPolicy, Backoff> & Sendable
    ) -> [Setting<UserPolicy>] {
        let table: [Setting<Backoff>] = [
            Setting(
                "first",
                \.first,
                .duration(.milliseconds(10) ... .days(366)),
                "The upper limit of the random wait after the first failure; it doubles with each further failure."
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

/// The section `breaker`: when all calls stop because the API is down, and how they resume.
enum BreakerSettings {
    static let table: [Setting<Breaker.Policy>] = [
        Setting("window", \.window, .duration(.seconds(1) ... .hours(1)), "The time span over which calls count."),
        Setting(
            "failureRate",
            \.failureRate,
            .number(0.01...1),
            "The share of failed calls in the window that stops all calls."
        ),
        Setting(
            "minimumCalls",
            \.minimumCalls,
            .count(1...1_000_000),
            "Fewer calls in the window do not stop all calls."
        ),
        Setting(
            "firstPause",
            \.firstPause,
            .duration(.milliseconds(10) ... .days(7)),
            "The longest first pause; it doubles while the API stays down."
        ),
        Setting(
            "longestPause",
            \.longestPause,
            .duration(.milliseconds(10) ... .days(7)),
            "No pause is longer than this."
        ),
        Setting(
            "probes",
            \.probes,
            .count(1...1_000),
            "Calls that must be answered before all calls resume."
        ),
    ]

    static func contradictions(in policy: Breaker.Policy) -> [Contradiction] {
        let pauses = Contradiction.longer(
            (SettingPath("firstPause"), policy.firstPause),
            than: (SettingPath("longestPause"), policy.longestPause)
        )
        return [pauses].compactMap { $0 }
    }
}
