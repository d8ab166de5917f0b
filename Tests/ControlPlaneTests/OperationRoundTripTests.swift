import ControlPlane
import RefreshCore
import RefreshDaemon
import Testing

@Suite(.timeLimit(.minutes(1))) struct OperationRoundTripTests {
    private let fleet = RecordingFleet()

    @Test func `users are put with their tokens, groups and moments`() async throws {
        let entries = [
            UserEntry(id: try UserID("anna"), token: try Sample.token()),
            UserEntry(
                id: try UserID("Jürgen \"J\" \\ 日本"),
                token: try Sample.token(bytes: 4_096),
                group: GroupName("gold"),
                expiresAt: Timestamp(microsecondsSinceEpoch: 1_795_000_000_250_001)
            ),
            UserEntry(
                id: try UserID("c"),
                token: try Sample.token(),
                expiresAt: Timestamp(microsecondsSinceEpoch: -1_500_000)
            ),
        ]
        let answers = try await withServer(fleet) { try await ControlClient(socketPath: $0).put(entries) }
        #expect(answers == [.added, .replaced, .released])
        #expect(fleet.calls == [.put(entries, nil)])
    }

    @Test func `users are put with how they stood in another store`() async throws {
        let moment = Timestamp(microsecondsSinceEpoch: 1_795_000_000_250_001)
        func standing(_ state: UserState?, _ change: (inout User.Record) -> Void = { _ in }) -> UserStanding {
            var record = User.Record(slot: moment)
            change(&record)
            return UserStanding(place: Place(rawValue: .max), state: state, record: record, tokenIssuedAt: moment)
        }
        let standings = [
            standing(nil), standing(.scheduled(due: moment)), standing(.parked(.refused, since: moment)),
            standing(.paused(nil)), standing(.paused(PauseEnd(until: moment, due: moment.advanced(by: .hours(1))))),
            UserStanding(record: User.Record(slot: .epoch)),
            standing(.backingOff(due: moment)) { record in
                (record.reachedAt, record.day, record.attemptsToday) = (moment, moment.day, 3)
                (record.lastSuccess, record.failingSince, record.failures) = (.epoch, moment, 2)
                (record.outageTries, record.outageWaits) = (1, 4)
                record.refusal = Refusal(status: 422, turns: 2, turnEnds: moment)
                record.lastAttempt = User.LastAttempt(
                    at: moment, outcome: .refused, httpStatus: 422, reason: "no \"account\"")
            },
        ]
        let entries = try standings.enumerated().map { number, standing in
            UserEntry(id: try UserID("user \(number)"), token: try Sample.token(), standing: standing)
        }
        let answers = try await withServer(fleet) { try await ControlClient(socketPath: $0).put(entries) }
        #expect(answers.count == entries.count)
        #expect(fleet.calls == [.put(entries, nil)])
    }

    @Test func `an import larger than a request arrives whole and in order`() async throws {
        let entries = try Sample.entries(2_300) + Sample.entries(600, tokenBytes: 4_096)
        let part = ImportPart(id: "import 1", isLast: true)
        let answers = try await withServer(fleet) {
            try await ControlClient(socketPath: $0).put(entries, part: part)
        }
        #expect(answers.count == entries.count)
        let (arrived, parts) = fleet.calls.reduce(into: ([UserEntry](), [ImportPart?]())) { all, call in
            guard case .put(let users, let part) = call else { return }
            all.0 += users
            all.1.append(part)
        }
        #expect(arrived == entries)
        // Only the last of them is the last.
        #expect(parts.last == part)
        #expect(parts.dropLast().allSatisfy { $0 == ImportPart(id: "import 1", isLast: false) })
        #expect(fleet.calls.count > 4)
    }

    @Test func `nothing to put or refresh needs no request`() async throws {
        let (answers, reports) = try await withServer(fleet) { path in
            let client = ControlClient(socketPath: path)
            return (try await client.put([]), try await client.refresh([], force: false))
        }
        #expect(answers.isEmpty)
        #expect(reports.isEmpty)
        #expect(fleet.calls.isEmpty)
    }

    @Test(arguments: [
        UserQuery(),
        UserQuery(
            state: .backingOff,
            outcome: .malformed,
            group: "a+b &c=d",
            after: "ä/?#%20",
            limit: 10_000
        ),
        UserQuery(after: "", limit: 1),
        UserQuery(
            notRefreshedSince: Timestamp(microsecondsSinceEpoch: 1_795_000_000_000_001),
            expiringBefore: Timestamp(secondsSinceEpoch: 1_795_000_000),
            order: .lastSuccess
        ),
    ]) func `a query arrives as it was asked`(query: UserQuery) async throws {
        let list = try await withServer(fleet) { try await ControlClient(socketPath: $0).list(query) }
        #expect(try list == ["a", "b"].map { Sample.report(try UserID($0)) })
        #expect(fleet.calls == [.list(query)])
    }

    @Test func `a user is shown, paused, resumed and removed`() async throws {
        let id = try UserID("anna")
        let until = Timestamp(microsecondsSinceEpoch: 1_795_000_000_000_001)
        let reports = try await withServer(fleet) { path in
            let client = ControlClient(socketPath: path)
            let reports = [
                try await client.show(id), try await client.pause(id, until: until),
                try await client.pause(id, until: nil),
                try await client.resume(id),
            ]
            try await client.remove(id)
            return reports
        }
        #expect(
            reports == [
                Sample.report(id), Sample.report(id, state: .paused(PauseEnd(until: until, due: until))),
                Sample.report(id, state: .paused(nil)), Sample.report(id),
            ]
        )
        #expect(fleet.calls == [.show(id), .pause(id, until), .pause(id, nil), .resume(id), .remove(id)])
    }

    @Test func `many are removed and moved in as few requests as may be, as one whole`() async throws {
        let ids = try (0..<2_100).map { try UserID("user \($0)") }
        let since = Timestamp(microsecondsSinceEpoch: 1_795_000_000_000_001)
        let part = ImportPart(id: "sync 1", isLast: true, kind: .synced, obstacle: "1 row refused")
        let (removals, moves, rest) = try await withServer(fleet) { path in
            let client = ControlClient(socketPath: path)
            return (
                try await client.remove(ids, RemovalTerms(unlessAddedSince: since, part: part)),
                try await client.regroup(ids, to: GroupName("gold"), part: nil),
                try await client.remove([], RemovalTerms(part: part))
            )
        }
        #expect(removals.count == ids.count && moves.count == ids.count && rest.isEmpty)
        #expect(removals.prefix(4) == [.removed, .noSuchUser, .kept, .removed])
        let middle = ImportPart(id: "sync 1", isLast: false, kind: .synced, obstacle: "1 row refused")
        #expect(
            fleet.calls.prefix(3) == [
                .removeMany(Array(ids[0..<1_000]), RemovalTerms(unlessAddedSince: since, part: middle)),
                .removeMany(Array(ids[1_000..<2_000]), RemovalTerms(unlessAddedSince: since, part: middle)),
                .removeMany(Array(ids[2_000...]), RemovalTerms(unlessAddedSince: since, part: part)),
            ])
        let parts = fleet.calls.compactMap { call -> ImportPart? in
            if case .regroup(_, GroupName("gold"), let part) = call { part } else { nil }
        }
        #expect(parts.map(\.isLast) == [false, false, true])
        #expect(Set(parts.map(\.id)).count == 1 && parts.allSatisfy { $0.kind == .regrouped })
        // Nobody at all may be the last part.
        #expect(fleet.calls.last == .removeMany([], RemovalTerms(part: part)))
    }

    @Test func `a few are moved out of every group, and one gets another id`() async throws {
        let ids = try ["a", "é/?"].map { try UserID($0) }
        let (moves, report, page, previewed) = try await withServer(fleet) { path in
            let client = ControlClient(socketPath: path)
            return (
                try await client.regroup(ids, to: nil, part: nil), try await client.rename(ids[1], to: ids[0]),
                try await client.ids(after: ids[1], limit: 10_000), try await client.preview(Sample.entries(3))
            )
        }
        #expect(moves == [.regrouped, .unchanged])
        #expect(report == Sample.report(ids[0]))
        #expect(page == ids)
        #expect(previewed == [.added, .replaced, .released])
        #expect(
            fleet.calls.prefix(3) == [.regroup(ids, nil, nil), .rename(ids[1], ids[0]), .ids(ids[1], 10_000)])
    }

    @Test func `lists come as lines, as they were written`() async throws {
        let query = UserQuery(state: .parked, group: "a+b &c=d", after: "ä/?#%20", limit: 10_000)
        let id = try UserID("é/?")
        let (users, export) = try await withServer(fleet) { path in
            let client = ControlClient(socketPath: path)
            return (try await client.lines(query), try await client.exportLines(after: id, limit: 7))
        }
        var expected = (users: JSONLines(), export: JSONLines())
        for id in try ["a", "b"].map({ try UserID($0) }) {
            Sample.report(id).addLine(to: &expected.users)
            Sample.export(id).addLine(to: &expected.export)
        }
        #expect(users == expected.users.bytes && export == expected.export.bytes)
        #expect(fleet.calls == [.lines(query), .exportLines(id, 7)])
    }

    @Test(arguments: [
        HistoryQuery(), HistoryQuery(limit: 1_000, before: Timestamp(microsecondsSinceEpoch: 1_795_000_000_123_000)),
        HistoryQuery(limit: 1, since: Sample.moment),
    ]) func `a history is asked for and arrives whole`(query: HistoryQuery) async throws {
        let id = try UserID("a/b ü")
        let report = try await withServer(fleet) { try await ControlClient(socketPath: $0).history(of: id, query) }
        #expect(report == Sample.historyReport(id))
        #expect(fleet.calls == [.history(id, query)])
    }

    @Test func `what is stored of users is asked for by id and by page`() async throws {
        let ids = try ["anna", "é/?"].map { try UserID($0) }
        let (one, pages) = try await withServer(fleet) { path in
            let client = ControlClient(socketPath: path)
            let one = try await client.export(ids[0])
            return (
                one, [try await client.export(after: nil, limit: 7), try await client.export(after: ids[1], limit: 1)]
            )
        }
        #expect(one == Sample.export(ids[0]))
        let page = try ["a", "b"].map { Sample.export(try UserID($0)) }
        #expect(pages == [page, page])
        #expect(fleet.calls == [.export(ids[0]), .exportPage(nil, 7), .exportPage(ids[1], 1)])
    }

    @Test(arguments: [true, false]) func `refreshes are asked in batches and answered in order`(force: Bool)
        async throws
    {
        let ids = try (0..<250).map { try UserID("user \($0)") }
        let reports = try await withServer(fleet) {
            try await ControlClient(socketPath: $0).refresh(ids, force: force)
        }
        #expect(reports == ids.map(Sample.refreshReport))
        #expect(
            fleet.calls == [
                .refresh(Array(ids[0..<100]), force), .refresh(Array(ids[100..<200]), force),
                .refresh(Array(ids[200...]), force),
            ]
        )
    }

    @Test func `users to be made due are asked for in large batches`() async throws {
        let ids = try (0..<2_100).map { try UserID("user \($0)") }
        let reports = try await withServer(fleet) { try await ControlClient(socketPath: $0).queueRefresh(ids) }
        #expect(reports == ids.map(Sample.refreshReport))
        #expect(
            fleet.calls == [
                .queueRefresh(Array(ids[0..<1_000])), .queueRefresh(Array(ids[1_000..<2_000])),
                .queueRefresh(Array(ids[2_000...])),
            ]
        )
    }

    @Test func `the fleet is paused, resumed, asked for its status and told to reload`() async throws {
        let (reports, reload) = try await withServer(fleet) { path in
            let client = ControlClient(socketPath: path)
            let reports = [
                try await client.status(), try await client.pauseFleet(until: Sample.moment, reason: "läuft \"nicht\""),
                try await client.pauseFleet(until: nil), try await client.resumeFleet(),
            ]
            return (reports, try await client.reload())
        }
        #expect(
            reports == [
                Sample.status(), Sample.status(pause: FleetPause(until: Sample.moment, reason: "läuft \"nicht\"")),
                Sample.status(pause: FleetPause(until: nil)), Sample.status(),
            ]
        )
        #expect(reload == Sample.reloadReport)
        #expect(
            fleet.calls == [
                .status, .pauseFleet(Sample.moment, "läuft \"nicht\""), .pauseFleet(nil, nil), .resumeFleet, .reload,
            ]
        )
    }

    @Test func `keys are shown, counted and read again`() async throws {
        let reports = try await withServer(fleet) { path in
            let client = ControlClient(socketPath: path)
            return [try await client.keys(), try await client.keyUsage(), try await client.reloadKeys()]
        }
        #expect(reports == [nil, 12, 0].map(Sample.keyReport))
        #expect(fleet.calls == [.keys, .keyUsage, .reloadKeys])
    }

    @Test func `a compaction is asked for step by step, each from where the last one ended`() async throws {
        let reports = try await withServer(fleet) { path in
            let client = ControlClient(socketPath: path)
            let first = try await client.compact(after: nil)
            return [first, try await client.compact(after: first.next)]
        }
        #expect(reports.map(\.next) == ["users:7", nil])
        #expect(reports[1] == CompactionReport(share: 0.5, bytes: 1_000, freeBytes: 10))
        #expect(fleet.calls == [.compact(nil), .compact("users:7")])
    }

    @Test(arguments: [Duration.minutes(1), .milliseconds(1_500), .days(7)])
    func `a histogram of due moments is asked for and arrives whole`(width: Duration) async throws {
        let from = Timestamp(microsecondsSinceEpoch: 1_795_000_000_000_001)
        let histogram = try await withServer(fleet) {
            try await ControlClient(socketPath: $0).dueHistogram(from: from, width: width, count: 1_440)
        }
        #expect(histogram == Sample.dueHistogram(from: from, width: width, count: 1_440))
        #expect(histogram.rows.count == 3)
        #expect(fleet.calls == [.dueHistogram(from, width, 1_440)])
    }

    @Test func `a moment that RFC 3339 cannot write is refused before it is sent`() async throws {
        try await withServer(fleet) { path in
            await #expect(
                throws: OperationProblem.badRequest("until: the moment lies outside the years 0 to 9999")
            ) {
                try await ControlClient(socketPath: path).pauseFleet(until: .distantFuture)
            }
        }
        #expect(fleet.calls.isEmpty)
    }

    @Test(arguments: [
        "/", "//", "a/b", "..", ".", "a b", "?", "a?b=c", "#", "%", "%2F", "%zz", "+", "&=;", "pause",
        "\"'`\\", "<>{}|^",
        "é", "e\u{301}", "日本語", "👩‍💻".filter { !$0.unicodeScalars.contains("\u{200D}") } + "👍", "{id}", ":id",
        "*", "**",
        String(repeating: "ü", count: 128), String(repeating: "/", count: 256),
    ]) func `an id of odd characters arrives byte by byte`(text: String) async throws {
        let id = try UserID(text)
        let report = try await withServer(fleet) { path in
            let client = ControlClient(socketPath: path)
            _ = try await client.show(id)
            _ = try await client.pause(id, until: nil)
            _ = try await client.resume(id)
            try await client.remove(id)
            _ = try await client.refresh([id], force: false)
            _ = try await client.list(UserQuery(after: text))
            return try await client.show(id)
        }
        #expect(Array(report.userID.utf8) == Array(text.utf8))
        let arrived = fleet.calls.map { call in
            switch call {
            case .show(let id), .pause(let id, _), .resume(let id), .remove(let id): Array(id.rawValue.utf8)
            case .refresh(let ids, _): ids.flatMap { Array($0.rawValue.utf8) }
            case .list(let query): Array((query.after ?? "").utf8)
            default: [UInt8]()
            }
        }
        #expect(arrived == Array(repeating: Array(text.utf8), count: 7))
    }
}
