import FleetMetrics
import RefreshCore

/// Everything that the page tells, at one moment.
struct Overview: Sendable {
    /// How far back the curve goes, and how far ahead the plan is shown.
    static let ahead = 16

    let fleet: FleetObservation
    let tallies: Tallies
    let title: String?
    let version: String
    let since: Timestamp
    let quarters: [QuarterHour]
    /// Where the plan begins among the quarters: the one that runs now.
    let current: Int
    let findings: [Finding]

    init(_ fleet: FleetObservation, _ tallies: Tallies, title: String?, version: String, since: Timestamp) {
        self.fleet = fleet
        self.tallies = tallies
        self.title = title
        self.version = version
        self.since = since
        quarters = tallies.day.quarters(now: fleet.at, ahead: Self.ahead)
        current = DayCurve.back
        findings = Findings(fleet: fleet, tallies: tallies, lastHour: quarters[(current - 3)...current]).list
    }

    var now: Timestamp { fleet.at }
    var uptime: Duration { max(.zero, since.duration(to: now)) }

    /// What came of the last day's calls.
    var lastDay: OutcomeCounts { quarters[...current].reduce(OutcomeCounts()) { $0 + $1.outcomes } }

    /// Users that wait for their regular time, and are not late for it.
    var fresh: Int? {
        fleet.census.map { max(0, ($0.byState[.scheduled] ?? 0) - $0.overdue) }
    }

    var level: Finding.Level {
        if fleet.sinceLastTurn == nil, !findings.contains(where: { $0.level == .trouble }) { return .starting }
        return findings.map(\.level).max() ?? .well
    }

    var headline: String {
        guard fleet.sinceLastTurn != nil else { return findings.first?.title ?? "Starting" }
        if fleet.isStopping { return "Stopping" }
        if let worst = findings.first(where: { $0.level >= .attention }) { return worst.title }
        guard let census = fleet.census, let fresh else { return "The store does not answer" }
        guard census.users > 0 else { return "No users yet" }
        return "All is well: \(Words.grouped(fresh)) of \(Words.counted(census.users, "user")) "
            + (census.users == 1 ? "is fresh" : "are fresh")
    }

    /// What the headline leaves open.
    var subline: String {
        guard let census = fleet.census, let fresh else { return "How many users are fresh cannot be counted now." }
        guard census.users > 0 else { return "Once there are some, each is refreshed at a time of its own." }
        let freshness =
            "\(Words.grouped(fresh)) of \(Words.counted(census.users, "user")) "
            + (census.users == 1 ? "is fresh" : "are fresh")
        if level >= .attention || fleet.isStopping || fleet.sinceLastTurn == nil { return freshness + "." }
        guard let due = census.oldestDue, census.overdue == 0 else { return "Calls are being made." }
        let wait = now.duration(to: due)
        return wait < .seconds(1)
            ? "The next call is due now."
            : wait < .hours(1)
                ? "The next call is in \(wait.roundedText)." : "The next call is at \(Words.moment(due, now: now))."
    }
}
