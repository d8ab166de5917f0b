@testable import RefreshCore

/// Attempts, users and fleets to count.
enum Samples {
    static let now = Timestamp(secondsSinceEpoch: 1_800_000_000)

    static func attempted(
        _ outcome: Outcome = .refreshed, after duration: Duration = .seconds(2), late: Duration? = .seconds(3),
        endedAt: Timestamp = now
    ) throws -> Event {
        let started = endedAt.advanced(by: .zero - duration)
        let id = try UserID("alice")
        let user = User(
            id: id, place: Place(of: id, seed: 1), state: .scheduled(due: now), record: .init(slot: now))
        let attempt = Attempt(
            outcome: outcome, httpStatus: nil, trigger: late == nil ? .manual : .schedule,
            due: late.map { started.advanced(by: .zero - $0) }, startedAt: started, endedAt: endedAt,
            duration: duration)
        return .attempted(attempt, user: user, number: 1)
    }

    static let outcomes: [Outcome] = [
        .refreshed, .rejected(messages: []), .unauthorized, .forbidden, .refused(status: 422),
        .throttled(retryAfter: nil),
        .unavailable(.notConnected), .unknown(.timeout), .malformed(Malformation(.notJSON, bytes: 1, contentType: nil)),
        .misconfigured(.status(404)),
    ]

    static let opening = Breaker.Opening(
        cause: .failureRate(failed: 9, calls: 10, latest: .unavailable(.status(503))), at: now, pause: .seconds(30),
        count: 1)

    static func fleet() -> FleetSnapshot {
        var census = Census()
        census.users = 1_000
        census.byState = [.scheduled: 990, .backingOff: 4, .parked: 5, .paused: 1]
        census.byParkReason = [.unauthorized: 3, .forbidden: 1, .refused: 1]
        census.overdue = 7
        census.oldestDue = now.advanced(by: .seconds(-90))
        var fleet = FleetSnapshot(at: now, phase: .running)
        fleet.census = census
        fleet.expiry = FleetSnapshot.Expiry(expired: 1, withinDay: 2, withinWeek: 3, withinMonth: 4)
        fleet.inFlight = 3
        fleet.concurrency = 64
        fleet.rateLimit = 20
        fleet.learnedRate = 9.6
        fleet.sinceLastTurn = .milliseconds(1_500)
        fleet.outcomes = Dictionary(uniqueKeysWithValues: OutcomeKind.allCases.map { ($0, 1) })
        fleet.tallies = [AttemptTally(from: now.advanced(by: .hours(-3)), counts: [.refreshed: 77])]
        fleet.backup = FleetSnapshot.Backup(
            every: .hours(6), last: now.advanced(by: .hours(-1)), since: now.advanced(by: .days(-9)), failure: nil)
        let member = FleetMember(
            id: 1, name: "host-a", version: "1.2.3", joinedAt: now.advanced(by: .hours(-1)), seenAt: now)
        fleet.fleet = FleetState(calendar: now, members: [member], member: 1)
        return fleet
    }
}
