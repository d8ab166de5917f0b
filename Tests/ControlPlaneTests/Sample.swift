import RefreshCore
import RefreshDaemon
import TestSupport

/// Values to send back and forth.
enum Sample {
    static let moment = Timestamp(secondsSinceEpoch: 1_795_000_000)
    /// Stands still at `moment`.
    static let time = ManualTime(now: moment)

    static func report(_ id: UserID, state: UserState = .parked(.unauthorized, since: moment)) -> UserReport {
        var record = User.Record(slot: moment)
        record.lastAttempt = User.LastAttempt(
            at: moment,
            outcome: .rejected,
            httpStatus: 200,
            reason: "läuft \"nicht\"/"
        )
        record.failures = 3
        return UserReport(user(id, state: state, record: record))
    }

    static func export(_ id: UserID) -> UserExport {
        var record = User.Record(slot: moment)
        record.reachedAt = moment
        record.lastAttempt = User.LastAttempt(at: moment, outcome: .unknown, httpStatus: nil, reason: "é")
        let attempt = AttemptRecord(
            startedAt: moment, duration: .seconds(1), trigger: .schedule, outcome: .unknown, httpStatus: nil,
            reason: "é",
            number: 1)
        return UserExport(
            user(id, state: .paused(PauseEnd(until: moment, due: moment)), record: record), history: [attempt])
    }

    private static func user(_ id: UserID, state: UserState, record: User.Record) -> User {
        User(
            id: id,
            place: Place(of: id, seed: 7),
            group: GroupName("gold"),
            state: state,
            record: record,
            tokenExpiresAt: moment
        )
    }

    static func status(pause: FleetPause? = nil) -> StatusReport {
        var census = Census()
        census.users = 3
        census.byState = [.parked: 1, .scheduled: 2]
        return StatusReport(
            phase: .running,
            version: "1.2.3",
            summary: "Serving 3 users",
            since: moment.description,
            census: census,
            nextDue: moment,
            inFlight: 1,
            breaker: StatusReport.Breaker(state: .probing, reason: "so", until: nil),
            pause: pause,
            outcomes: [.refreshed: 5, .unknown: 1],
            tallies: [AttemptTally(from: moment, counts: [.refreshed: 7])],
            now: moment,
            space: StoreSpace(bytes: 5_000_000_000, freeBytes: 4_096),
            groups: ["gold", "old"].compactMap(GroupName.init).map { GroupSize(group: $0, users: 200) },
            alerts: [
                Alert(
                    kind: .stale, since: moment, figure: .init(value: 0.25, users: 1, total: 4, span: 3),
                    threshold: 0.05)
            ],
            configuration: ConfigurationReport(
                inForceSince: moment.description, needRestart: ["store.sqlite.path: /a → /b"],
                lastReload: .init(at: moment.description, changes: ["schedule.every: 24h → 12h"])),
            webListen: "127.0.0.1:9477"
        )
    }

    static func refreshReport(_ id: UserID) -> RefreshReport {
        RefreshReport(
            userID: id.rawValue,
            answer: .refused,
            refusal: .floor,
            outcome: .throttled,
            httpStatus: 429,
            reason: "the minimum interval",
            until: moment.description,
            nextDue: moment.description,
            durationMicroseconds: 12
        )
    }

    static func historyReport(_ id: UserID) -> HistoryReport {
        let attempts = (0..<3).map { index in
            var attempt = AttemptRecord(
                startedAt: moment.advanced(by: .milliseconds(250 - index)), duration: .milliseconds(1_234),
                trigger: .manual, outcome: .rejected, httpStatus: 200, reason: "läuft \"nicht\"/",
                number: 3)
            attempt.isForced = true
            return attempt
        }
        return HistoryReport(
            of: id, attempts, counts: HistoryCounts(byOutcome: [.rejected: 3], oldest: moment), since: moment)
    }

    static func keyReport(counts: Int?) -> KeyReport {
        KeyReport(
            keys: [.init(id: "0b3484d9", seals: true, isAtHand: true, tokens: counts)],
            resealing: .init(share: 0.25, resealed: 7), givenUp: counts, unreadable: counts, failure: "disk full")
    }

    static let reloadReport = ReloadReport(
        changes: ["schedule.every: 24h → 12h"],
        needRestart: ["store.sqlite.path"]
    )

    static func dueHistogram(from: Timestamp, width: Duration, count: Int) -> DueHistogram {
        var histogram = DueHistogram(from: from, width: width, count: count)
        for (group, state) in zip([nil, GroupName("gold"), nil, GroupName("a"), nil], UserState.Kind.allCases) {
            histogram.add(3, of: group, in: state, due: from.advanced(by: width), isFree: true)
            histogram.add(5, of: group, in: state, due: from, isFree: false)
            histogram.add(6, of: group, in: state, due: .distantFuture, isFree: true)
            histogram.add(7, of: group, in: state, due: nil, isFree: true)
        }
        return histogram
    }

    static func token(bytes: Int = 97) throws -> AccessToken {
        // Random where it counts; the rest only makes it long.
        let random = String(UInt64.random(in: 1 << 60 ... .max), radix: 36)
        return try AccessToken(
            random.utf8 + Array(repeating: UInt8(ascii: "x"), count: bytes - random.utf8.count)
        )
    }

    static func entries(_ count: Int, tokenBytes: Int = 97) throws -> [UserEntry] {
        try (0..<count).map { UserEntry(id: try UserID("user \($0)"), token: try token(bytes: tokenBytes)) }
    }
}
