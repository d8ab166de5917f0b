import PostgreSQLStore
import RefreshDaemon
import SQLiteStore
import TestSupport
import Testing

@testable import RefreshCore

/// A file and a database between which a store moves, with clocks that stand where a test sets them.
struct MovedStores {
    let directory: String
    let server: ConnectionSettings
    let time = ManualTime(now: .now)
    let events = EventLog()

    var file: String { directory + "/users.sqlite" }

    /// The server's clock shows the same as this machine's.
    static func with(_ body: (MovedStores) async throws -> Void) async throws {
        try await withPostgreSQLDatabase { settings in
            try await withTemporaryDirectory { directory in
                try await settings.open().close()
                try await settings.setServerClock(.now)
                try await body(MovedStores(directory: directory, server: settings))
            }
        }
    }

    func openFile(_ name: String = "users.sqlite") throws(StoreProblem) -> SQLiteUserStore {
        try SQLiteUserStore.open(path: directory + "/" + name, version: "1", now: time.now) { _ in }
    }

    /// As daemons open it, by the server's clock.
    func openServer() async throws -> PostgreSQLUserStore {
        try await server.open(leaseClock: .server)
    }

    @discardableResult
    func move(
        _ source: StoreMove.End, to target: StoreMove.End, mostAtOnce: Int = .max,
        _ progress: (StoreMove.Progress) -> Void = { _ in }
    ) async throws -> StoreMove.Report {
        try await StoreMove(
            from: source, to: target, policies: Policies(), keepsHistory: true, time: time, events: events,
            mostAtOnce: mostAtOnce
        ).run(seed: .random(in: .min ... .max), progress)
    }

    // MARK: What is in them

    /// A store with users of every kind, their histories, and all that a store notes of itself.
    func fill(_ store: StoreMove.End, users count: Int, seed: UInt64) async throws {
        var random = RandomUsers(seed: seed)
        var kinds: [(new: NewUser, state: UserState, record: User.Record, renewal: User.Renewal)] = []
        for index in 0..<count {
            var new = try random.new(index)
            if index.isMultiple(of: 3) {
                new = NewUser(
                    id: new.id, group: new.group, token: new.token, refreshToken: random.token(),
                    expiresAt: new.expiresAt)
            }
            let renewal = User.Renewal(
                due: .second(Int64(index) * 60), issuedAt: .second(-60), failures: index % 3)
            kinds.append(
                (new, random.state(), random.record(), index.isMultiple(of: 2) ? renewal : User.Renewal()))
        }
        let byID = Dictionary(uniqueKeysWithValues: kinds.map { ($0.new.id, $0) })
        _ = try await store.put(kinds.map(\.new)) { new, place in
            var user = User(
                id: new.id, place: place, group: new.group, state: .paused(nil), record: .init(slot: .epoch))
            if let kind = byID[new.id] {
                (user.state, user.record, user.renewal) = (kind.state, kind.record, kind.renewal)
            }
            return user
        } replaced: {
            $1
        }
        // Twenty who are called, over three days; a third of them twice.
        try await store.put((0..<20).map { try NewUser("called \($0)") })
        for (day, limit) in [(0, 20), (1, 12), (2, 6)] as [(Int64, Int)] {
            let moment = Timestamp.now.advanced(by: .days(day - 3))
            var settlements: [Settlement] = []
            for id in try (0..<limit).map({ try UserID("called \($0)") }) {
                let leased = try await store.lease(id, now: .now, until: .later).get()
                settlements.append(leased.settlement(attempt: .at(moment, .rejected)))
            }
            #expect(try await store.settle(settlements).allSatisfy { $0 == .settled })
        }
        _ = try await store.setKeyChecks([.random(), .random()], replacing: [])
        try await store.setEnvironment("https://one.example/rest")
        try await store.setFleetPause(FleetPause(until: .later, reason: "é \"the bank\""))
        try await store.setHasGivenUpTokens(true)
        try await store.setRaisedAlerts([
            Alert(kind: .rejected, since: .now, figure: .init(value: 0.5, users: 5, total: 10), threshold: 0.25)
        ])
        try await store.setRestoration(StoreRestoration(takenAt: .epoch, restoredAt: .second(-9), isFollowed: true))
        try await store.setClockMark(ClockMark(reading: time.reading, boot: time.boot, longestGap: .hours(3)))
    }

    /// All that a store holds, as the daemon and as operators find it.
    func contents(of store: StoreMove.End) async throws -> StoreContents {
        var contents = StoreContents()
        contents.seed = store.seed
        contents.maker = try await store.maker()
        contents.marks = try await store.marks()
        (contents.marks.departure, contents.marks.arrival) = (nil, nil)
        contents.pause = try await store.fleetPause()
        contents.alerts = try await store.raisedAlerts()
        contents.restoration = try await store.restoration()
        contents.longestGap = try await store.clockMark()?.longestGap
        contents.groups = try await store.groupSizes()
        contents.census = try await store.census(now: time.now)
        contents.tallies = try await store.attemptTallies(since: Timestamp(microsecondsSinceEpoch: .min))
        let users = try await store.users(matching: .all, after: nil, limit: .max)
        contents.users = users
        contents.tokens = try await store.tokens(of: users.map(\.id))
        for user in users {
            contents.histories.append(try await store.history(of: user.id, before: nil, limit: 100) ?? [])
        }
        for table in CopiedTable.allCases {
            var digest = TableDigest(of: table)
            digest.add(try await store.rows(of: table, after: nil, limit: .max))
            if table != .attempts { contents.digests.append(digest) }
        }
        return contents
    }
}

struct StoreContents: Equatable {
    var seed: UInt64 = 0
    var maker = ""
    var marks = StoreMarks()
    var pause: FleetPause?
    var alerts: [Alert] = []
    var restoration: StoreRestoration?
    var longestGap: Duration?
    var groups: [GroupSize] = []
    var census = Census()
    var tallies: [AttemptTally] = []
    var users: [User] = []
    var tokens: [StoredToken?] = []
    var histories: [[AttemptRecord]] = []
    var digests: [TableDigest] = []
}
