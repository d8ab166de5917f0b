@testable import RefreshCore
@testable import Monitoring

/// States of a fleet as the page may meet them.
enum Scene: String, CaseIterable, Sendable {
    case fresh, well, outage, parked, late, empty, storeDown, storeFull, paused

    /// 12:50 UTC.
    static let now = Timestamp(secondsSinceEpoch: 1_800_017_400)

    var fleet: FleetSnapshot {
        var census = Census()
        census.users = 100_000
        census.byState = [.scheduled: 99_993, .backingOff: 5, .parked: 2]
        census.byParkReason = [.unauthorized: 2]
        census.oldestDue = Self.now.advanced(by: .seconds(8))
        var fleet = FleetSnapshot(at: Self.now, phase: .running)
        fleet.census = census
        fleet.inFlight = 6
        fleet.concurrency = 128
        fleet.rateLimit = 20
        fleet.sinceLastTurn = .milliseconds(400)
        fleet.since = Self.now.advanced(by: self == .fresh || self == .empty ? .minutes(-3) : .days(-6))
        fleet.tallies = tallies
        switch self {
        case .well: break
        case .fresh:
            fleet.census?.byState = [.scheduled: 100_000]
            fleet.census?.byParkReason = [:]
            fleet.inFlight = 0
        case .outage:
            fleet.census?.overdue = 1_840
            fleet.census?.oldestDue = Self.now.advanced(by: .minutes(-26))
            fleet.inFlight = 0
            fleet.breaker = .open(
                Breaker.Opening(
                    cause: .failureRate(failed: 19, calls: 24, latest: .unavailable(.status(503))),
                    at: Self.now.advanced(by: .minutes(-2)), pause: .minutes(8), count: 4))
        case .parked:
            fleet.census?.byState = [.scheduled: 91_204, .backingOff: 1_120, .parked: 7_670, .paused: 6]
            fleet.census?.byParkReason = [.unauthorized: 7_412, .forbidden: 250, .refused: 8]
            fleet.expiry = FleetSnapshot.Expiry(expired: 12, withinDay: 80, withinWeek: 1_300, withinMonth: 4_000)
        case .late:
            fleet.census?.overdue = 12_400
            fleet.census?.oldestDue = Self.now.advanced(by: .minutes(-104))
            fleet.problemsInFile = 2
            fleet.journalDropped = 31
        case .empty:
            fleet.census = Census()
        case .storeFull:
            fleet.storeFailure = FleetSnapshot.StoreFailure(
                text: "the disk that holds /var/lib/bankrefreshd/store.sqlite is full",
                remedy: "make room; nothing is lost", since: Self.now.advanced(by: .minutes(-4)))
        case .paused: fleet.pause = FleetPause(until: nil)
        case .storeDown:
            (fleet.census, fleet.isCountMissing) = (nil, true)
            fleet.sinceLastTurn = .minutes(7)
        }
        return fleet
    }

    /// The last day's calls, by five minutes.
    private var tallies: [AttemptTally] {
        guard self != .empty else { return [] }
        let quarter = QuarterHour.number(of: Self.now)
        return (self == .fresh ? Int64(0)...0 : -96...0).map { back -> AttemptTally in
            let calls = self == .fresh ? 40 : back == 0 ? 340 : Self.planned - Int(-back * 7 % 23)
            let isOut = self == .outage && back >= -1
            let refused = self == .parked ? calls / 9 : calls / 997
            let counts: [OutcomeKind: Int] =
                isOut
                ? [.refreshed: back == 0 ? 0 : 560, .unavailable: 68, .unknown: 12]
                : [.refreshed: calls - refused - calls / 400, .rejected: calls / 400, .unauthorized: refused]
            return AttemptTally(from: QuarterHour(number: quarter + back).start, counts: counts.filter { $0.value > 0 })
        }
    }

    private static let planned = 1_060

    var metrics: Tallies {
        let recorder = MetricsRecorder()
        guard self != .empty else { return recorder.current }
        let plans = (0..<193).map { Self.planned + ($0 * 37 % 11) * 4 }
        let quarter = QuarterHour.number(of: Self.now)
        for back in -96...0 where self != .fresh || back == 0 {
            let start = QuarterHour(number: quarter + Int64(back)).start
            recorder.plan(plans, from: start, now: start)
        }
        for index in 0..<100 { recorder.report(attempt(index)) }
        if self == .outage { recorder.report(.breaker(.opened(Self.opening))) }
        return recorder.current
    }

    var overview: Overview {
        Overview(fleet, metrics, title: self == .parked ? "Platform Europe <b>&" : nil, version: "0.1.0")
    }

    private static let opening = Breaker.Opening(
        cause: .misconfigured(.status(404)), at: now, pause: .seconds(30), count: 1)

    private func attempt(_ index: Int) -> Event {
        let attempt = Attempt(
            outcome: .refreshed, httpStatus: nil, trigger: .schedule, due: Self.now, startedAt: Self.now,
            endedAt: Self.now, duration: .milliseconds(Int64(300 + index % 17 * 250)))
        let id = UserID.sample
        let user = User(
            id: id, place: Place(of: id, seed: 1), state: .scheduled(due: Self.now), record: .init(slot: Self.now))
        return .attempted(attempt, user: user, number: 1)
    }
}

extension UserID {
    /// A user whose name must be on no page.
    static let sample: UserID = {
        guard let id = try? UserID("somebody-in-particular") else { preconditionFailure("a plain id is one") }
        return id
    }()
}
