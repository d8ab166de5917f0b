import Testing

@testable import RefreshCore

/// How all users and the work may stand, and what is to be said of it.
struct Situation: Sendable, CustomTestStringConvertible {
    /// 12:50 UTC.
    static let now = Timestamp(secondsSinceEpoch: 1_800_017_400)

    let name: String
    let level: Health.Severity
    let headline: String
    /// How the line for the service manager begins.
    let status: String
    var isReady = true
    var isLive = true
    /// What somebody is told, the worst first.
    let findings: [Health.Finding.Kind]
    let change: @Sendable (inout FleetSnapshot) -> Void

    init(
        _ name: String, _ level: Health.Severity, _ headline: String, _ status: String, isReady: Bool = true,
        isLive: Bool = true, _ findings: [Health.Finding.Kind] = [],
        _ change: @escaping @Sendable (inout FleetSnapshot) -> Void
    ) {
        self.name = name
        self.level = level
        self.headline = headline
        self.status = status
        self.isReady = isReady
        self.isLive = isLive
        self.findings = findings
        self.change = change
    }

    var testDescription: String { name }

    /// 2,000 users of a day each, of whom two are parked, and nothing is wrong.
    static var calm: FleetSnapshot {
        var snapshot = FleetSnapshot(at: now, phase: .running)
        snapshot.since = ago(.days(3))
        snapshot.sinceLastTurn = .milliseconds(400)
        var census = Census()
        census.users = 2_000
        census.byState = [.scheduled: 2_000]
        census.oldestDue = now.advanced(by: .seconds(8))
        snapshot.census = census
        snapshot.nextDue = census.oldestDue
        snapshot.expiry = FleetSnapshot.Expiry()
        snapshot.tallies = [AttemptTally(from: ago(.minutes(10)), counts: [.refreshed: 80, .rejected: 2])]
        snapshot.inFlight = 6
        snapshot.concurrency = 128
        snapshot.rateLimit = 20
        snapshot.outcomes = [.refreshed: 5_990, .rejected: 10]
        return snapshot
    }

    var snapshot: FleetSnapshot {
        var snapshot = Self.calm
        change(&snapshot)
        return snapshot
    }

    static func ago(_ span: Duration) -> Timestamp { now.advanced(by: .zero - span) }

    /// Daemons and how long ago they were heard of; the first answers, or none does.
    static func fleet(_ seen: [String: Duration], answering: Int64? = 0) -> FleetState {
        let members = seen.keys.sorted().enumerated().map { index, name in
            FleetMember(
                id: Int64(index), name: name, version: "1", joinedAt: ago(.days(1)), seenAt: ago(seen[name] ?? .zero))
        }
        return FleetState(calendar: now, members: members, member: answering ?? -1)
    }

    static func opening(_ cause: Breaker.Cause, pause: Duration = .minutes(8)) -> Breaker.Opening {
        Breaker.Opening(cause: cause, at: ago(.minutes(2)), pause: pause, count: 4)
    }

    static let outage = Breaker.Cause.failureRate(failed: 19, calls: 24, latest: .unavailable(.status(503)))

    static func overdue(_ users: Int, since span: Duration, of every: Duration = .days(1))
        -> @Sendable (inout FleetSnapshot) -> Void
    {
        { snapshot in
            snapshot.census?.overdue = users
            snapshot.census?.oldestDue = ago(span)
            snapshot.nextDue = ago(span)
            snapshot.policies.standard.cadence = Cadence(every: every)
        }
    }

    static func parked(_ users: Int, _ reason: ParkReason) -> @Sendable (inout FleetSnapshot) -> Void {
        { snapshot in
            snapshot.census?.byState = [.scheduled: 2_000 - users, .parked: users]
            snapshot.census?.byParkReason = [reason: users]
        }
    }

    static func alert(_ kind: AlertKind, _ users: Int, of total: Int?, span: Double? = 3_600) -> Alert {
        let value = total.map { Double(users) / Double($0) } ?? Double(users)
        let threshold = AlertPolicy()[kind].threshold ?? 0
        return Alert(
            kind: kind, since: ago(.minutes(20)), figure: .init(value: value, users: users, total: total, span: span),
            threshold: threshold)
    }
}
