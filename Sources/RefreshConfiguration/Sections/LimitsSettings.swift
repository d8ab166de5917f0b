import RefreshCore

/// The section `limits`: how many calls the daemon makes.
enum LimitsSettings {
    /// The most calls in flight that can be configured, and so the most connections ever needed.
    private static let mostConcurrency = 10_000

    private static let throttling: [Setting<Throttling.Policy>] = [
        Setting(
            "scope",
            \.scope,
            .choice,
            "What a 429 stops: with `user` the calls of that user, with `fleet` all calls, with `auto` all calls if "
                + "several users get a 429."
        ),
        Setting(
            "users",
            \.users,
            .count(1...10_000),
            "The number of different users whose 429 stops all calls, with the scope `auto`."
        ),
        Setting(
            "within",
            \.within,
            .duration(.seconds(1) ... .hours(1)),
            "The time within which these users must get their 429."
        ),
    ]

    static let table: [Setting<Configuration>] = [
        Setting(
            "requestsPerSecond",
            \.admission.requestsPerSecond,
            .number(0.001...100_000),
            "The most calls per second for all users together."
        ),
        Setting(
            "burst",
            \.admission.burst,
            .count(1...10_000),
            "How many calls may start at once after a time with few calls."
        ),
        Setting(
            "concurrency",
            \.admission.concurrency,
            .concurrency(1...mostConcurrency),
            "Calls in flight. With a `min` and a `max`, the daemon finds the number that the API can handle: more "
                + "while answers stay fast, fewer when calls are refused, time out or slow down. A plain number is "
                + "fixed."
        ),
        Setting(
            "slowStart",
            \.admission.slowStart,
            .duration(.zero ... .hours(1)),
            "How long rate and concurrency take to reach their full values after a start, a pause, an outage or a "
                + "suspend; they begin at a tenth. `0s` turns the slow start off."
        ),
        Setting(
            "throttling",
            section: throttling.map { $0.lifted(to: \.admission.throttling) },
            "What a 429 stops."
        ),
        Setting(
            "drain",
            \.drain,
            .duration(.zero ... .hours(1)),
            "How long a stop waits for calls in flight before it cancels them. Keep the unit's TimeoutStopSec= above "
                + "it."
        ),
    ]
}
