import RefreshCore

/// The section `limits`: how much the daemon does at once.
enum LimitsSettings {
    /// Calls in flight that can be configured; no more connections are ever needed.
    private static let mostConcurrency = 10_000

    private static let throttling: [Setting<Throttling.Policy>] = [
        Setting(
            "scope",
            \.scope,
            .choice,
            "What stops when the API answers 429: its `user` alone, the whole `fleet`, or (`auto`) the fleet if several "
                + "users are answered so."
        ),
        Setting(
            "users",
            \.users,
            .count(1...10_000),
            "So many different users stop the fleet, with the scope `auto`."
        ),
        Setting(
            "within",
            \.within,
            .duration(.seconds(1) ... .hours(1)),
            "How close together their 429 must be."
        ),
    ]

    static let table: [Setting<Configuration>] = [
        Setting(
            "requestsPerSecond",
            \.admission.requestsPerSecond,
            .number(0.001...100_000),
            "Calls a second over all users."
        ),
        Setting(
            "burst",
            \.admission.burst,
            .count(1...10_000),
            "Calls that may start at once after a quiet spell."
        ),
        Setting(
            "concurrency",
            \.admission.concurrency,
            .concurrency(1...mostConcurrency),
            "Calls in flight at once. With a `min` and a `max` the daemon finds out what the API can take: more while "
                + "calls are answered as fast as ever, fewer when they are refused, time out or slow down. A plain "
                + "number is fixed."
        ),
        Setting(
            "slowStart",
            \.admission.slowStart,
            .duration(.zero ... .hours(1)),
            "How long it takes until rate and concurrency are full after a start, a pause, an outage or a suspend; "
                + "they begin with a tenth. `0s` for none."
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
            "How long a stop waits for calls in flight before it gives them up. "
                + "Keep the unit's TimeoutStopSec= above it."
        ),
    ]
}
