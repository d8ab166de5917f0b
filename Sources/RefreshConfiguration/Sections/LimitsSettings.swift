import RefreshCore

/// The section `limits`: how much the daemon does at once.
enum LimitsSettings {
    static let table: [Setting<Configuration>] = [
        Setting(
            "requestsPerSecond",
            \.admission.requestsPerSecond,
            .number(0.001...10_000),
            "Calls a second over all users."
        ),
        Setting(
            "burst",
            \.admission.burst,
            .count(1...10_000),
            "Calls that may start at once after a quiet spell."
        ),
        Setting("concurrency", \.admission.concurrency, .count(1...10_000), "Calls in flight at once."),
        Setting(
            "drain",
            \.drain,
            .duration(.zero ... .hours(1)),
            "How long a stop waits for calls in flight before it gives them up. "
                + "Keep the unit's TimeoutStopSec= above it."
        ),
    ]
}
