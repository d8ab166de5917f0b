import RefreshCore

/// The section `breaker`: when the whole fleet stops because the API is down, and how it starts again.
enum BreakerSettings {
    static let table: [Setting<Breaker.Policy>] = [
        Setting("window", \.window, .duration(.seconds(1) ... .hours(1)), "How far back calls count."),
        Setting(
            "failureRate",
            \.failureRate,
            .number(0.01...1),
            "The share of failed calls in the window that stops the fleet."
        ),
        Setting(
            "minimumCalls",
            \.minimumCalls,
            .count(1...1_000_000),
            "With fewer calls in the window, the share says nothing."
        ),
        Setting(
            "firstPause",
            \.firstPause,
            .duration(.milliseconds(10) ... .days(7)),
            "The longest wait after the first stop; it doubles while the API stays down."
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
            "Calls that must be answered before the fleet goes on."
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
