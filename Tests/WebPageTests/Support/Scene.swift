import FleetMetrics
@testable import RefreshCore
import RefreshDaemon
import Synchronization
@testable import WebPage

/// States of a fleet as the page may meet them.
enum Scene: String, CaseIterable, Sendable {
    case fresh, well, outage, parked, late, empty, storeDown, storeFull, paused

    /// 12:50 UTC.
    static let now = Timestamp(secondsSinceEpoch: 1_800_017_400)

    var fleet: FleetObservation {
        var census = Census()
        census.users = 100_000
        census.byState = [.scheduled: 99_993, .backingOff: 5, .parked: 2]
        census.byParkReason = [.unauthorized: 2]
        census.oldestDue = Self.now.advanced(by: .seconds(8))
        var fleet = FleetObservation(at: Self.now)
        fleet.census = census
        fleet.inFlight = 6
        fleet.concurrency = 128
        fleet.rateLimit = 20
        fleet.sinceLastTurn = .milliseconds(400)
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
            fleet.expiry = TokenExpiry(expired: 12, withinDay: 80, withinWeek: 1_300, withinMonth: 4_000)
        case .late:
            fleet.census?.overdue = 12_400
            fleet.census?.oldestDue = Self.now.advanced(by: .minutes(-104))
            fleet.problemsInFile = 2
            fleet.journalDropped = 31
        case .empty:
            fleet.census = Census()
        case .storeFull:
            fleet.storeTrouble = StoreHealth.Trouble(
                text: "the disk that holds /var/lib/bankrefreshd/store.sqlite is full",
                remedy: "make room; nothing is lost", since: Self.now.advanced(by: .minutes(-4)))
        case .paused: fleet.pause = FleetPause(until: nil)
        case .storeDown:
            fleet.census = nil
            fleet.sinceLastTurn = .minutes(7)
        }
        return fleet
    }

    private static let kept = Mutex<[Scene: Tallies]>([:])

    /// Counted once: a day of a large fleet is many calls.
    var tallies: Tallies {
        Self.kept.withLock { kept in
            if let tallies = kept[self] { return tallies }
            let tallies = recorder.current
            kept[self] = tallies
            return tallies
        }
    }

    private var recorder: MetricsRecorder {
        let recorder = MetricsRecorder()
        let quarter = QuarterHour.number(of: Self.now)
        guard self != .empty else { return recorder }
        let plans = (0..<193).map { 1_040 + ($0 * 37 % 11) * 4 }
        for back in stride(from: Int64(96), through: 0, by: -1) {
            let start = QuarterHour(number: quarter - back).start
            guard self != .fresh || back == 0 else { continue }
            recorder.plan(plans, from: start, now: start)
            let isOut = self == .outage && back <= 1
            let planned = plans[0]
            let calls = isOut ? (back == 1 ? 640 : 24) : back == 0 ? 340 : planned - Int(back * 7 % 23)
            for index in 0..<(self == .fresh ? 40 : calls) {
                recorder.report(attempt(index, from: start, isOut: isOut && (back == 0 || index > 560)))
            }
        }
        if self == .outage { recorder.report(.breaker(.opened(Self.opening))) }
        if self == .storeDown { recorder.report(.storeFailed(detail: "disk I/O error")) }
        return recorder
    }

    var overview: Overview {
        Overview(
            fleet, tallies, title: self == .parked ? "Platform Europe <b>&" : nil, version: "0.1.0",
            since: Self.now.advanced(by: self == .fresh || self == .empty ? .minutes(-3) : .days(-6)))
    }

    private static let opening = Breaker.Opening(
        cause: .misconfigured(.status(404)), at: now, pause: .seconds(30), count: 1)

    private func attempt(_ index: Int, from start: Timestamp, isOut: Bool) -> Event {
        let outcome: Outcome =
            switch index % 997 {
            case _ where isOut: index % 7 == 0 ? .unknown(.timeout) : .unavailable(.status(503))
            case 13, 400: .rejected(messages: [])
            case 71: .unauthorized
            case _ where self == .parked && index % 9 == 0: .unauthorized
            default: .refreshed
            }
        let moment = start.advanced(by: .milliseconds(Int64(index) * 300))
        let attempt = Attempt(
            outcome: outcome, httpStatus: nil, trigger: .schedule, due: moment, startedAt: moment, endedAt: moment,
            duration: .milliseconds(Int64(300 + index % 17 * 250)))
        let id = UserID.sample
        let user = User(
            id: id, place: Place(of: id, seed: 1), state: .scheduled(due: moment), record: .init(slot: moment))
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
