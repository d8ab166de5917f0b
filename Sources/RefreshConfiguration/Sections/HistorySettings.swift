import RefreshCore

/// The section `history`: how much is kept of each user's past attempts.
enum HistorySettings {
    static let table: [Setting<HistoryBounds>] = [
        Setting(
            "keep",
            \.keep,
            .count(0...10_000),
            "Attempts of each user, the newest; what is beyond is removed within a day. An attempt takes about 45 bytes, "
                + "and a failure its text. `0` keeps no history."
        ),
        Setting(
            "maximumAge",
            \.maximumAge,
            .duration(.days(1) ... .days(3_650)),
            "How old an attempt may grow before it is removed, to the day. 90 days of a user that is called daily fit into "
                + "`keep`, and answer since when it fails; of 1,000,000 users they take 3 to 4 GB. Half the age is half of "
                + "that, and calls are as quick with either."
        ),
    ]
}
