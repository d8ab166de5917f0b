import Foundation
import PostgreSQLStore
import RefreshCore
import RefreshDaemon
import SQLiteStore
import TestSupport
import Testing

/// A store that moves from a file to a server and back: what it holds, who is kept off meanwhile, what a crash leaves.
@Suite(.timeLimit(.minutes(2))) struct StoreMoveTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `a store is the same after it moved to a server and back`(seed: UInt64) async throws {
        try await MovedStores.with { stores in
            let first = try stores.openFile()
            try await stores.fill(first, users: 150, seed: seed)
            let before = try await stores.contents(of: first)
            let server = try await stores.openServer()
            let report = try await stores.move(first, to: server, mostAtOnce: 40)
            #expect(report.users == 170 && report.attempts == 38 && report.lostCalls == 0)
            #expect(report.floors.isNone && !report.isContinued)
            await server.close()

            let reopened = try await stores.openServer()
            #expect(try await stores.contents(of: reopened) == before)
            let marks = try await reopened.marks()
            #expect(marks.closure == nil)
            let second = try stores.openFile("second.sqlite")
            try await stores.move(reopened, to: second)
            try second.close()
            let back = try stores.openFile("second.sqlite")
            #expect(try await stores.contents(of: back) == before)
            await reopened.close()
        }
    }

    @Test func `a store moves back to the file that it left`() async throws {
        try await MovedStores.with { stores in
            let file = try stores.openFile()
            try await stores.fill(file, users: 30, seed: 1)
            let server = try await stores.openServer()
            try await stores.move(file, to: server)
            try file.close()
            await server.close()
            let moved = try await stores.openServer()
            try await moved.add("added there")
            try await moved.setHasGivenUpTokens(false)
            let before = try await stores.contents(of: moved)
            let again = try stores.openFile()
            try await stores.move(moved, to: again)
            try again.close()
            await moved.close()
            let back = try stores.openFile()
            #expect(try await stores.contents(of: back) == before)
            #expect(try await back.user("added there") != nil)
            // And once more in the other direction.
            let other = try await stores.openServer()
            try await stores.move(back, to: other)
            #expect(try await stores.contents(of: other).users == before.users)
            await other.close()
        }
    }

    @Test func `a store that is copied over another does not follow the settings of that`() async throws {
        try await MovedStores.with { stores in
            let file = try stores.openFile()
            let server = try await stores.openServer()
            let published = try await server.fleet(version: "1").publish("of the old store", as: nil, over: nil)
            try await stores.move(file, to: server)
            #expect(try await server.fleetSettings() == nil)
            // Nobody lives here: the first daemon brings its own, whoever may be in between.
            let first = try await server.fleet(version: "1").join(MemberReport(), settings: "new")
            #expect(try #require(first.settingsVersion) > (published?.version ?? .max))
            #expect(try await server.fleetSettings()?.text == "new")
            await server.close()
            try file.close()
        }
    }

    @Test func `calls that a killed daemon left open count as made when the store moves`() async throws {
        try await MovedStores.with { stores in
            let file = try stores.openFile()
            for name in ["called", "renewed", "idle"] { try await file.add(name) }
            _ = try await file.update(UserID("renewed")) { user in
                var next = user
                next.renewal.due = .second(-60)
                return next
            }
            _ = try await file.leaseRenewals(now: .now, until: .later, limit: 9)
            _ = try await file.lease(UserID("called"), now: .second(-30), until: .later).get()
            try file.close()
            let opened = try stores.openFile()
            let server = try await stores.openServer()
            let report = try await stores.move(opened, to: server)
            #expect(report.lostCalls == 1)
            let called = try #require(try await server.user("called"))
            #expect(called.record.reachedAt == .now && called.record.lastAttempt?.outcome == .unknown)
            #expect(try await server.user("renewed")?.record.reachedAt == nil)
            #expect(try await server.history(of: called.id, before: nil, limit: 9)?.map(\.outcome) == [.unknown])
            #expect(try await server.census(now: .now).leased == 0)
            #expect(stores.events.attempts.map(\.user.id) == [called.id])
            await server.close()
        }
    }

    // MARK: Clocks

    /// Of a user that was called a minute ago, as the copy has it.
    private static func reachedAt(
        toServer: Bool, serverAhead: Duration, _ prepare: (StoreMove.End) async throws -> Void = { _ in }
    ) async throws -> Timestamp? {
        var moment: Timestamp?
        try await MovedStores.with { stores in
            try await stores.server.setServerClock(.now.advanced(by: serverAhead))
            let (file, server) = (try stores.openFile(), try await stores.openServer())
            let (source, target): (StoreMove.End, StoreMove.End) = toServer ? (file, server) : (server, file)
            _ = try await source.put([NewUser("a")]) { new, place in
                var user = User(
                    id: new.id, place: place, group: nil, state: .scheduled(due: .later), record: .init(slot: .later))
                user.record.reachedAt = .second(-60)
                return user
            } replaced: {
                $1
            }
            try await prepare(source)
            try await stores.move(source, to: target)
            moment = try await target.user("a")?.record.reachedAt
            await server.close()
        }
        return moment
    }

    @Test func `no minimum interval becomes shorter where the clock of the copy is ahead`() async throws {
        // In the copy an hour more seems to have passed, which did not.
        let onServer = try await Self.reachedAt(toServer: true, serverAhead: .hours(1))
        #expect(onServer == .second(3_540))
        let inFile = try await Self.reachedAt(toServer: false, serverAhead: .hours(-1))
        #expect(inFile == .second(3_540))
        // Behind, it is longer by itself; and no clock is so exact that a few milliseconds tell anything.
        for ahead in [Duration.hours(-1), .milliseconds(50), .zero] {
            #expect(try await Self.reachedAt(toServer: true, serverAhead: ahead) == .second(-60))
            #expect(try await Self.reachedAt(toServer: false, serverAhead: .zero - ahead) == .second(-60))
        }
    }

    @Test func `what a server's calendar owes to minimum intervals goes with them`() async throws {
        let moment = try await Self.reachedAt(toServer: false, serverAhead: .zero) { source in
            let fleet = try #require(source as? PostgreSQLUserStore).fleet(version: "1")
            try await fleet.announce(CalendarDebt(moment: .second(-30), amount: .seconds(100)), isAnother: false)
            try await fleet.announce(CalendarDebt(moment: .second(-90), amount: .seconds(7)), isAnother: false)
        }
        #expect(moment == .second(40))
    }

    @Test func `a clock that was set since the last daemon counts as well`() async throws {
        for (step, expected) in [(3_600, 3_540), (-3_600, -60)] as [(Int64, Int64)] {
            let moment = try await Self.reachedAt(toServer: true, serverAhead: .zero) { source in
                let time = ManualTime(now: .now)
                let before = ClockReading(
                    wall: time.now.advanced(by: .seconds(-step)), sinceBoot: time.reading.sinceBoot)
                try await source.setClockMark(ClockMark(reading: before, boot: time.boot))
            }
            #expect(moment == .second(expected), "\(step)")
        }
    }

    // MARK: Crashes

    @Test(arguments: [1, 2, 5, 8, 9, 11])
    func `whoever is killed in the middle, the next run goes on and comes to the same`(kill step: Int) async throws {
        try await MovedStores.with { stores in
            let file = try stores.openFile()
            try await stores.fill(file, users: 60, seed: UInt64(step))
            let before = try await stores.contents(of: file)
            try file.close()
            let (directory, socket, database) = (stores.directory, stores.server.hosts[0].name, stores.server.database)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [
                    directory = directory as String, socket = socket as String, database = database as String,
                    step = step as Int
                ] in
                let server = ConnectionSettings(
                    hosts: [.init(name: socket)], database: database, user: PostgreSQLServer.administrator)
                let stores = MovedStores(directory: directory, server: server)
                var steps = 0
                try await stores.move(try stores.openFile(), to: try await stores.openServer(), mostAtOnce: 30) { _ in
                    steps += 1
                    if steps == step { Foundation.kill(getpid(), SIGKILL) }
                }
            }
            let (source, target) = (try stores.openFile(), try await stores.openServer())
            for store in [source, target] as [StoreMove.End] {
                #expect(try await store.marks().closure != nil)
            }
            let claimed = try await target.leaseDue(now: .distantFuture, until: .distantFuture, limit: 10)
            #expect(claimed.isEmpty)
            let report = try await stores.move(source, to: target, mostAtOnce: 30)
            #expect(report.isContinued && report.users == 80)
            await target.close()
            let moved = try await stores.openServer()
            #expect(try await stores.contents(of: moved) == before)
            await moved.close()
        }
    }

    @Test func `a copy that was left just before its end is completed`() async throws {
        try await MovedStores.with { stores in
            let (file, server) = (try stores.openFile(), try await stores.openServer())
            try await file.add("a")
            let arrival = StoreArrival(
                copy: 7, from: file.address, seed: file.seed, begunAt: .now, floors: FloorShift())
            try await server.begin(arrival)
            try await file.note(StoreDeparture(copy: 7, to: server.address, begunAt: .now, leftAt: .second(5)))
            let closures = (try await file.marks().closure, try await server.marks().closure)
            #expect(closures.0 == .left(to: server.address, at: .second(5)))
            #expect(closures.1 == .arriving(from: file.path, since: .now))
            let report = try await stores.move(file, to: server)
            #expect(report.isContinued && report.users == 1)
            #expect(try await server.marks().closure == nil)
            await server.close()
        }
    }

    @Test func `the store that is left is closed for good before the copy can be worked with`() async throws {
        try await MovedStores.with { stores in
            let (file, server) = (try stores.openFile(), try await stores.openServer())
            try await file.add("a")
            // The server fails at the last step.
            try await stores.server.execute(
                """
                CREATE FUNCTION bankrefreshd.fail() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN RAISE EXCEPTION 'the disk is gone'; END $$
                """)
            try await stores.server.execute(
                """
                CREATE TRIGGER fails BEFORE DELETE ON bankrefreshd.meta FOR EACH ROW WHEN (OLD.key = 'arrival')
                    EXECUTE FUNCTION bankrefreshd.fail()
                """)
            await #expect(throws: StoreProblem.self) { try await stores.move(file, to: server) }
            #expect(try await file.marks().closure == .left(to: server.address, at: .now))
            #expect(try await server.marks().closure == .arriving(from: file.path, since: .now))
            try await stores.server.execute("DROP TRIGGER fails ON bankrefreshd.meta")
            #expect(try await stores.move(file, to: server).isContinued)
            #expect(try await server.marks().closure == nil)
            await server.close()
        }
    }

    @Test func `rows that the run before had sent when it was killed are no obstacle`() async throws {
        try await MovedStores.with { stores in
            let (file, server) = (try stores.openFile(), try await stores.openServer())
            try await stores.fill(file, users: 20, seed: 5)
            let arrival = StoreArrival(
                copy: 7, from: file.address, seed: file.seed, begunAt: .now, floors: FloorShift())
            try await server.begin(arrival)
            try await file.note(StoreDeparture(copy: 7, to: server.address, begunAt: .now))
            // The server commits them when the next run has read already how far the copy is.
            let rows = try await file.rows(of: .schedule, after: nil, limit: 30)
            try await server.add(rows, areFirst: true, noting: arrival)
            #expect(try await stores.move(file, to: server, mostAtOnce: 30).users == 40)
            await server.close()
        }
    }

    @Test func `a copy that differs is closed, said to differ, and begun anew`() async throws {
        try await MovedStores.with { stores in
            let (file, server) = (try stores.openFile(), try await stores.openServer())
            try await stores.fill(file, users: 20, seed: 5)
            let arrival = StoreArrival(
                copy: 7, from: file.address, seed: file.seed, begunAt: .now, floors: FloorShift())
            try await server.begin(arrival)
            try await file.note(StoreDeparture(copy: 7, to: server.address, begunAt: .now))
            // As after a disk lost a write: the copy says that it has the schedule, and changed one moment of it.
            var rows = try await file.rows(of: .schedule, after: nil, limit: .max)
            var copied = arrival
            copied.reached = CopyPosition(table: .schedule, key: try #require(rows.lastKey))
            rows.shiftFloors(by: FloorShift(ahead: .microseconds(1)))
            try await server.add(rows, areFirst: true, noting: copied)
            await #expect(
                throws: StoreMoveProblem.differs(
                    place: server.address, from: file.address, table: .schedule, column: "reached_at")
            ) { try await stores.move(file, to: server) }
            #expect(try await server.marks().closure == .arriving(from: file.path, since: .now))
            #expect(try await file.marks().closure == .leaving(to: server.address, since: .now))
            #expect(try await stores.move(file, to: server).users == 40)
            await server.close()
        }
    }
}
