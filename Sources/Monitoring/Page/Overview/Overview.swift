import RefreshCore

/// Everything that the page shows, at one moment.
struct Overview: Sendable {
    /// How far ahead the plan is shown.
    static let ahead: Int64 = 16

    let fleet: FleetSnapshot
    let health: Health
    let tallies: Tallies
    let title: String?
    let version: String
    let quarters: [QuarterHour]

    init(_ fleet: FleetSnapshot, _ tallies: Tallies, title: String?, version: String) {
        self.fleet = fleet
        self.tallies = tallies
        self.title = title
        self.version = version
        health = Health(fleet)
        quarters = QuarterHour.quarters(
            of: fleet.tallies ?? [], against: tallies.plan, now: fleet.at, ahead: Self.ahead)
    }

    var now: Timestamp { fleet.at }
    var since: Timestamp { fleet.since ?? fleet.at }

    /// The line below the headline.
    var subline: String {
        guard let census = fleet.census, let fresh = fleet.fresh else {
            return "How many users are fresh cannot be counted now."
        }
        guard census.users > 0 else { return "Once there are some, each is refreshed at a time of its own." }
        if health.level != .well, health.level != .note {
            return "\(fresh.grouped) of \(census.users.counted("user")) \(census.users == 1 ? "is" : "are") fresh."
        }
        guard let due = census.oldestDue, census.overdue == 0 else { return "Calls are being made." }
        let wait = now.duration(to: due)
        return wait < .seconds(1)
            ? "The next call is due now."
            : wait < .hours(1)
                ? "The next call is in \(wait.roundedText)." : "The next call is at \(Words.moment(due, now: now))."
    }
}
