import TestSupport

@testable import RefreshCore
@testable import RefreshDaemon

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
        var snapshot = FleetSnapshot(at: moment, phase: .running)
        snapshot.since = moment
        var census = Census()
        census.users = 3
        census.byState = [.parked: 1, .scheduled: 2]
        census.byParkReason = [.forbidden: 1]
        snapshot.census = census
        snapshot.nextDue = moment
        snapshot.inFlight = 1
        snapshot.breaker = .probing(
            Breaker.Opening(cause: .misconfigured(.status(404)), at: moment, pause: .seconds(30), count: 1),
            started: 1, answered: 0)
        snapshot.pause = pause
        snapshot.outcomes = [.refreshed: 5, .unknown: 1]
        snapshot.tallies = [AttemptTally(from: moment, counts: [.refreshed: 7])]
        snapshot.groups = ["gold", "old"].compactMap(GroupName.init).map { GroupSize(group: $0, users: 200) }
        snapshot.alerts = [
            Alert(
                kind: .stale, since: moment, figure: .init(value: 0.25, users: 1, total: 4, span: 3), threshold: 0.05)
        ]
        snapshot.space = StoreSpace(bytes: 5_000_000_000, freeBytes: 4_096)
        var member = FleetMember(id: 1, name: "host-a", version: "1.2.3", joinedAt: moment, seenAt: moment)
        member.report.server = "db1.example.com:5432/bankrefreshd (192.0.2.7)"
        snapshot.fleet = FleetState(calendar: moment, members: [member], member: 1)
        snapshot.fleet?.answeredBy = member.report.server
        return StatusReport(
            snapshot, version: "1.2.3",
            configuration: ConfigurationReport(
                inForceSince: moment.description, needRestart: ["store.sqlite.path: /a → /b"],
                lastReload: .init(at: moment.description, changes: ["schedule.every: 24h → 12h"])),
            webListen: "127.0.0.1:9477")
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
        var counts = HistoryCounts()
        counts.byOutcome = [.rejected: 3]
        counts.oldest = moment
        return HistoryReport(of: id, attempts, counts: counts, since: moment)
    }

    static func keyReport(counts: Int?) -> KeyReport {
        KeyReport(
            keys: [.init(id: "0b3484d9", seals: true, isAtHand: true, tokens: counts)],
            resealing: .init(share: 0.25, resealed: 7), givenUp: counts, unreadable: counts, failure: "disk full")
    }

    static let reloadReport = {
        var report = ReloadReport(changes: ["schedule.every: 24h → 12h"], needRestart: ["store.sqlite.path"])
        report.published = ["schedule.every: 24h → 12h"]
        report.pending = ["host-b"]
        report.older = ["host-c"]
        report.differences = [SettingDifference(path: "limits.burst", file: "30", fleet: "20")]
        return report
    }()

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

    private static let id = trusted("Jürgen \"J\" \\ 日本/?")
    private static let ids = [id, trusted("b")]
    private static let precise = Timestamp(microsecondsSinceEpoch: 1_795_000_000_250_001)
    private static let part = ImportPart(id: "sync 1", isLast: true, kind: .synced, obstacle: "1 row refused")
    private static let query = UserQuery(
        state: .backingOff, parkReason: .refused, outcome: .malformed, group: GroupName("gold"),
        notRefreshedSince: precise, expiringBefore: moment, order: .lastSuccess, limit: 10_000)
    private static let page: UserQuery = {
        var page = query
        (page.order, page.after, page.limit) = (nil, id, 1)
        return page
    }()

    /// Each operation, with every parameter and with as few as may be.
    static let operations: [any OperationSampling] = [
        SampledOperation(ReadStatus()) { _ in status() },
        SampledOperation(ReadHealth()) { _ in HealthReport(isReady: false, detail: "läuft \"nicht\"/") },
        SampledOperation(ReloadConfiguration(), ReloadConfiguration(publish: true)) { _ in reloadReport },
        SampledOperation(PauseAll(until: precise, reason: "läuft \"nicht\""), PauseAll()) {
            status(pause: FleetPause(until: $0.until, reason: $0.reason))
        },
        SampledOperation(ResumeAll()) { _ in status() },
        SampledOperation(RefreshUsers(ids, force: true), RefreshUsers([])) { $0.users.map(refreshReport) },
        SampledOperation(QueueRefresh(ids)) { $0.users.map(refreshReport) },
        SampledOperation(
            CountDue(from: precise, width: .milliseconds(1_500), count: 1_440),
            CountDue(from: moment, width: .days(7), count: 1)
        ) { dueHistogram(from: $0.from, width: $0.width, count: $0.count) },
        SampledOperation(ReadFleetSettings()) { _ in CommonSettings(text: "{\"schedule.every\": \"24h\"}") },
        SampledOperation(ListUsers(query), ListUsers(page), ListUsers(UserQuery())) { _ in ids.map { report($0) } },
        SampledOperation(ListUserLines(page), ListUserLines(UserQuery())) { _ in
            var lines = JSONLines()
            for id in ids { report(id).addLine(to: &lines) }
            return LinesAnswer(lines.bytes)
        },
        SampledOperation(ListIDs(after: id, limit: 10_000), ListIDs(after: nil)) { _ in ids },
        SampledOperation(ShowUser(id)) { report($0.user) },
        SampledOperation(
            ReadHistory(of: id, limit: 1_000, before: precise, since: moment), ReadHistory(of: id)
        ) { historyReport($0.user) },
        SampledOperation(ExportUser(id)) { export($0.user) },
        SampledOperation(ExportLines(after: id, limit: 7), ExportLines(after: nil)) { _ in
            var lines = JSONLines()
            for id in ids { export(id).addLine(to: &lines) }
            return LinesAnswer(lines.bytes)
        },
        SampledOperation(PutUsers(brought, part: part), PutUsers([])) { words(for: $0.users) },
        SampledOperation(PreviewUsers(brought)) { words(for: $0.users) },
        SampledOperation(ReadPlacing()) { _ in Placing(seed: .max) },
        SampledOperation(
            RemoveUsers(ids, unlessAddedSince: precise, part: part),
            RemoveUsers([], part: ImportPart(id: "x", isLast: false))
        ) { words(for: $0.users) },
        SampledOperation(RegroupUsers(ids, to: GroupName("gold"), part: part), RegroupUsers(ids, to: nil)) {
            words(for: $0.users)
        },
        SampledOperation(RenameUser(id, to: trusted("b"))) { report($0.newID) },
        SampledOperation(PauseUser(id, until: precise), PauseUser(id)) {
            report($0.user, state: .paused($0.until.map { PauseEnd(until: $0, due: $0) }))
        },
        SampledOperation(ResumeUser(id)) { report($0.user) },
        SampledOperation(ReadKeys()) { _ in keyReport(counts: nil) },
        SampledOperation(CountKeyUsage()) { _ in keyReport(counts: 12) },
        SampledOperation(ReloadKeys()) { _ in keyReport(counts: 0) },
        SampledOperation(CompactStore(after: "users:7"), CompactStore(after: nil)) {
            CompactionReport(next: $0.after == nil ? "users:7" : nil, share: 0.5, bytes: 1_000, freeBytes: 10)
        },
    ]

    private static func words<Answer: CaseIterable>(for users: [some Any]) -> [Answer] {
        let words = Array(Answer.allCases)
        return users.indices.map { words[$0 % words.count] }
    }

    /// Users of lists and of another store.
    static let brought: [UserEntry] =
        [
            UserEntry(id: trusted("anna"), token: trustedToken("one-token")),
            UserEntry(
                id: id, token: trustedToken(String(repeating: "x", count: 4_096)), group: GroupName("gold"),
                expiresAt: precise, refreshToken: trustedToken("renews")),
            UserEntry(
                id: trusted("c"), token: trustedToken("t"), expiresAt: Timestamp(microsecondsSinceEpoch: -1_500_000)),
        ]
        + standings.enumerated().map { number, standing in
            UserEntry(id: trusted("user \(number)"), token: trustedToken("t\(number)"), standing: standing)
        }

    private static let standings = [
        standing(nil), standing(.scheduled(due: precise)), standing(.parked(.refused, since: precise)),
        standing(.paused(nil)), standing(.paused(PauseEnd(until: precise, due: precise.advanced(by: .hours(1))))),
        UserStanding(record: User.Record(slot: .epoch)), fullStanding,
    ]

    static let fullStanding = standing(.backingOff(due: precise)) { record in
        (record.reachedAt, record.day, record.attemptsToday) = (precise, precise.day, 3)
        (record.lastSuccess, record.failingSince, record.failures) = (.epoch, precise, 2)
        (record.outageTries, record.outageWaits) = (1, 4)
        record.refusal = Refusal(status: 422, turns: 2, turnEnds: precise)
        record.lastAttempt = User.LastAttempt(
            at: precise, outcome: .refused, httpStatus: 422, reason: "no \"account\"")
    }

    private static func standing(
        _ state: UserState?, _ change: (inout User.Record) -> Void = { _ in }
    ) -> UserStanding {
        var record = User.Record(slot: precise)
        change(&record)
        return UserStanding(place: Place(rawValue: .max), state: state, record: record, tokenIssuedAt: precise)
    }

    static func trusted(_ id: String) -> UserID {
        guard let id = try? UserID(id) else { preconditionFailure("not an id") }
        return id
    }

    private static func trustedToken(_ text: String) -> AccessToken {
        guard let token = try? AccessToken(text.utf8) else { preconditionFailure("not a token") }
        return token
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
