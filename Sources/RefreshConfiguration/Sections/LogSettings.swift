import RefreshCore

/// The section `log`: what the journal is told.
package struct LogSettings: Equatable, Sendable {
    package enum Refreshed: String, CaseIterable, Sendable {
        case each, summary
    }

    /// How successes are told; everything else is told one by one.
    package var refreshed = Refreshed.each
    package var summaryInterval: Duration = .minutes(1)

    static let table: [Setting<LogSettings>] = [
        Setting(
            "refreshed",
            \.refreshed,
            .choice,
            "Whether every success has its own entry or a summary counts them. Failures always have their own."
        ),
        Setting(
            "summaryInterval",
            \.summaryInterval,
            .duration(.seconds(1) ... .days(1)),
            "How often `summary` writes an entry."
        ),
    ]
}
