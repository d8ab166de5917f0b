import RefreshCore

/// The section `history`: how much is kept of each user's past attempts.
enum HistorySettings {
    static let table: [Setting<HistoryBounds>] = [
        Setting(
            "keep",
            \.keep,
            .count(0...10_000),
            "How many of each user's newest attempts to keep; older ones are removed within a day. An attempt takes "
                + "about 45 bytes, plus the text of a failure. `0` keeps no history."
        ),
        Setting(
            "maximumAge",
            \.maximumAge,
            .duration(.days(1) ... .days(3_650)),
            "The maximum age of an attempt, to the day. 90 days of a user with one call a day fit into `keep` and show "
                + "since when it fails. For 1,000,000 users they take 3 to 4 GB; half the age takes half of that. "
                + "Calls are as fast with either."
        ),
    ]
}
