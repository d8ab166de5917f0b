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
        #expect(fleet.calls == [.put(entries)])
    }

    @Test func `an import larger than a request arrives whole and in order`() async throws {
        let entries = try Sample.entries(2_300) + Sample.entries(600, tokenBytes: 4_096)
        let answers = try await withServer(fleet) { try await ControlClient(socketPath: $0).put(entries) }
        #expect(answers.count == entries.count)
        let arrived = fleet.calls.flatMap { call -> [UserEntry] in
            if case .put(let users) = call { users } else { [] }
        }
        #expect(arrived == entries)
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

    @Test func `the fleet is paused, resumed, asked for its status and told to reload`() async throws {
        let (reports, reload) = try await withServer(fleet) { path in
            let client = ControlClient(socketPath: path)
            let reports = [
                try await client.status(), try await client.pauseFleet(until: Sample.moment),
                try await client.pauseFleet(until: nil), try await client.resumeFleet(),
            ]
            return (reports, try await client.reload())
        }
        #expect(
            reports == [
                Sample.status(), Sample.status(pause: FleetPause(until: Sample.moment)),
                Sample.status(pause: FleetPause(until: nil)), Sample.status(),
            ]
        )
        #expect(reload == Sample.reloadReport)
        #expect(
            fleet.calls == [.status, .pauseFleet(Sample.moment), .pauseFleet(nil), .resumeFleet, .reload]
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
