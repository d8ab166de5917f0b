import RefreshCore

/// The section `breaker`: when the whole fleet stops because the API is down, and how it starts again.
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
