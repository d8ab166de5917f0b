import Dispatch
import PostgreSQLStore
import RefreshCore
import RefreshDaemon
import SQLiteStore
import Testing

/// Between which stores nothing is copied, and the way back.
@Suite(.timeLimit(.minutes(1))) struct StoreMoveRefusalTests {
    @Test func `a store with daemons is not copied, nor copied to, and they are named`() async throws {
        try await MovedStores.with { stores in
            let (file, server) = (try stores.openFile(), try await stores.openServer())
            let daemon = try await stores.server.open(as: "host-a", leaseClock: .server)
            let fleet = daemon.fleet(version: "1")
            _ = try await fleet.beat(MemberReport())
            let problem = StoreMoveProblem.inUse(place: server.address, daemons: ["host-a"])
            await #expect(throws: problem) { try await stores.move(server, to: file) }
            await #expect(throws: problem) { try await stores.move(file, to: server) }
            for store in [file, server] as [StoreMove.End] { #expect(try await store.marks().closure == nil) }
            try await server.add("a")
            try await fleet.leave()
            try await stores.move(server, to: file)
            // One that opened the store before takes nobody.
            _ = try await fleet.beat(MemberReport())
            #expect(try await daemon.leaseDue(now: .now, until: .later, limit: 9).isEmpty)
            await daemon.close()
            await server.close()
        }
    }

    @Test func `calls of a daemon that vanished are waited for, and count as made once their lease is over`()
        async throws
    {
        try await MovedStores.with { stores in
            let (file, server) = (try stores.openFile(), try await stores.openServer())
            let daemon = try await stores.server.open(as: "host-a", leaseClock: .server)
            _ = try await daemon.fleet(version: "1").beat(MemberReport())
            try await daemon.add("a")
            #expect(try await daemon.leaseDue(now: .now, until: .later, limit: 9).count == 1)
            await daemon.close()
            // One that vanished, too, and calls nobody.
            let idle = try await stores.server.open(as: "host-b", leaseClock: .server)
            _ = try await idle.fleet(version: "1").beat(MemberReport())
            await idle.close()
            try await stores.server.setServerClock(.second(7))
            let problem = StoreMoveProblem.callsUnderWay(
                place: server.address, users: 1, until: .later, daemons: ["host-a"])
            await #expect(throws: problem) { try await stores.move(server, to: file) }
            #expect(problem.description.contains(" vanished (host-a) that may be calling a user until "))
            #expect(problem.remedy.contains("you have started it and stopped it on host-a"))
            #expect(try await server.marks().closure == nil)
            try await stores.server.setServerClock(.second(301))
            #expect(try await stores.move(server, to: file).lostCalls == 1)
            // Ten minutes more, for its holder may have been stopped with its clock. This machine's is behind by five.
            #expect(try await file.user("a")?.record.reachedAt == .second(901))
            await server.close()
        }
    }

    @Test func `a copy that goes on finds the calls of a daemon that vanished just as it began`() async throws {
        try await MovedStores.with { stores in
            let (file, server) = (try stores.openFile(), try await stores.openServer())
            let daemon = try await stores.server.open(as: "host-a", leaseClock: .server)
            _ = try await daemon.fleet(version: "1").beat(MemberReport())
            try await daemon.add("a")
            #expect(try await daemon.leaseDue(now: .now, until: .later, limit: 9).count == 1)
            await daemon.close()
            // The run before was killed right after its notes.
            try await file.begin(
                StoreArrival(
                    copy: 7, from: server.address, seed: server.seed, begunAt: .now, floors: FloorShift()))
            try await server.note(StoreDeparture(copy: 7, to: file.address, begunAt: .now))
            try await stores.server.setServerClock(.second(7))
            let problem = StoreMoveProblem.callsUnderWay(
                place: server.address, users: 1, until: .later, daemons: ["host-a"])
            await #expect(throws: problem) { try await stores.move(server, to: file) }
            try await stores.server.setServerClock(.second(301))
            let report = try await stores.move(server, to: file)
            #expect(report.isContinued && report.lostCalls == 1)
            // As for a daemon that vanished before.
            #expect(try await file.user("a")?.record.reachedAt == .second(901))
            await server.close()
        }
    }

    @Test func `nothing is copied over users, nor over a copy of others`() async throws {
        try await MovedStores.with { stores in
            let (file, server) = (try stores.openFile(), try await stores.openServer())
            let other = try stores.openFile("other.sqlite")
            for store in [file, other] { try await store.add("a") }
            try await server.add("b")
            await #expect(throws: StoreMoveProblem.holdsUsers(place: server.address)) {
                try await stores.move(file, to: server)
            }
            await #expect(throws: StoreMoveProblem.holdsUsers(place: file.path)) {
                try await stores.move(server, to: file)
            }
            #expect(try await file.marks().closure == nil)
            #expect(try await server.user("b") != nil)
            try await server.begin(
                StoreArrival(copy: 1, from: other.path, seed: other.seed, begunAt: .now, floors: FloorShift()))
            await #expect(throws: StoreMoveProblem.holdsCopy(place: server.address, from: other.path)) {
                try await stores.move(file, to: server)
            }
            // Of the same store, given up before: it is begun anew.
            #expect(try await stores.move(other, to: server).isContinued == false)
            await server.close()
        }
    }

    @Test func `a store that was left, is being left or is no whole copy is not copied`() async throws {
        try await MovedStores.with { stores in
            let (file, server) = (try stores.openFile(), try await stores.openServer())
            try await file.add("a")
            try await file.note(StoreDeparture(copy: 1, to: "elsewhere", begunAt: .now))
            await #expect(
                throws: StoreProblem.closed(place: file.path, .leaving(to: "elsewhere", since: .now))
            ) { try await stores.move(file, to: server) }
            try await file.note(StoreDeparture(copy: 1, to: "elsewhere", begunAt: .now, leftAt: .later))
            let left = StoreProblem.closed(place: file.path, .left(to: "elsewhere", at: .later))
            await #expect(throws: left) { try await stores.move(file, to: server) }
            // It is another store that comes here: what left is nobody's to overwrite.
            await #expect(throws: left) { try await stores.move(server, to: file) }
            let third = try stores.openFile("third.sqlite")
            try await third.begin(
                StoreArrival(copy: 1, from: "elsewhere", seed: 1, begunAt: .now, floors: FloorShift()))
            await #expect(
                throws: StoreProblem.closed(place: third.path, .arriving(from: "elsewhere", since: .now))
            ) { try await stores.move(third, to: server) }
            await server.close()
        }
    }

    @Test func `what opened a store on a server before its copy began changes no user afterwards`() async throws {
        try await MovedStores.with { stores in
            let (server, command) = (try await stores.openServer(), try await stores.server.open(as: "command"))
            try await server.add("a")
            let (id, departure) = (try UserID("a"), StoreDeparture(copy: 1, to: "elsewhere", begunAt: .now))
            try await server.note(departure)
            let closed = StoreProblem.closed(place: server.address, .leaving(to: "elsewhere", since: .now))
            await #expect(throws: closed) { try await command.add("late") }
            await #expect(throws: closed) { try await command.update(id) { $0 } }
            await #expect(throws: closed) { try await command.update([id]) { $0 } }
            await #expect(throws: closed) { try await command.remove([id], unlessAddedSince: nil) }
            let row = try NewUser("b")
            await #expect(throws: closed) { try await command.rename(id, to: row) { $0 } }
            await #expect(throws: closed) {
                try await command.rewrite(after: nil, limit: 9) { $0.with(state: .paused(nil)) }
            }
            let text = try #require(try await command.sealedTexts(after: nil, limit: 1).first)
            await #expect(throws: closed) { try await command.reseal([(old: text, new: .random())]) }
            try await server.reopen(as: nil)
            try await command.add("late")
            for store in [server, command] { await store.close() }
        }
    }

    @Test func `a copy begins after the changes that other processes are making`() async throws {
        try await MovedStores.with { stores in
            let (server, command) = (try await stores.openServer(), try await stores.server.open(as: "command"))
            let gate = DispatchSemaphore(value: 0)
            let row = try NewUser("a")
            let adding = Task {
                try await command.put([row]) { new, place in
                    gate.wait()
                    return User(id: new.id, place: place, group: nil, state: .paused(nil), record: .init(slot: .epoch))
                } replaced: {
                    $1
                }
            }
            let locks = "SELECT 1::text FROM pg_locks WHERE locktype = 'advisory'"
            while try await stores.server.rows("\(locks) AND granted").isEmpty, !Task.isCancelled {}
            let noting = Task { try await server.note(StoreDeparture(copy: 1, to: "elsewhere", begunAt: .now)) }
            while try await stores.server.rows("\(locks) AND NOT granted").isEmpty, !Task.isCancelled {}
            gate.signal()
            _ = try await adding.value
            try await noting.value
            #expect(try await server.rowCount(of: .users) == 1)
            for store in [server, command] { await store.close() }
        }
    }

    // MARK: The way back

    @Test func `a copy that is given up changed nothing, and is begun anew`() async throws {
        try await MovedStores.with { stores in
            let (file, server) = (try stores.openFile(), try await stores.openServer())
            try await file.add("a")
            let before = try await stores.contents(of: file)
            try await server.begin(
                StoreArrival(copy: 1, from: file.path, seed: file.seed, begunAt: .now, floors: FloorShift()))
            try await file.note(StoreDeparture(copy: 1, to: server.address, begunAt: .now))
            let report = try await StoreReopening(file, time: stores.time).run()
            #expect(report.departure?.to == server.address && report.calledAt == nil)
            #expect(try await stores.contents(of: file) == before)
            try await file.add("b")
            let moved = try await stores.move(file, to: server)
            #expect(!moved.isContinued && moved.users == 2)
            await server.close()
        }
    }

    @Test func `after a whole move everybody counts as called when the store is opened again`() async throws {
        try await MovedStores.with { stores in
            for toServer in [true, false] {
                let file = try stores.openFile("\(toServer).sqlite")
                try await stores.server.execute("DROP SCHEMA bankrefreshd CASCADE")
                try await stores.server.open().close()
                try await stores.server.setServerClock(.now)
                let server = try await stores.openServer()
                let (source, target): (StoreMove.End, StoreMove.End) = toServer ? (file, server) : (server, file)
                try await source.add("a")
                try await stores.move(source, to: target)
                let report = try await StoreReopening(source, time: stores.time).run()
                #expect(report.calledAt == .now && report.departure?.leftAt == .now)
                #expect(try await source.marks().closure == nil)
                #expect(try await source.user("a")?.record.reachedAt == .now)
                #expect(
                    try await source.restoration()
                        == StoreRestoration(takenAt: .now, restoredAt: .now, isReopening: true))
                #expect(try await source.leaseAll().count == 1, "nothing holds its claims any more")
                // It was left, and the other is what it became, which a daemon tells once.
                #expect(try await source.untoldOrigin() == nil)
                #expect(try await target.untoldOrigin() == StoreOrigin(from: source.address, at: .now))
                try await target.noteOriginTold()
                #expect(try await target.untoldOrigin() == nil)
                // The other is open as well: it is no copy to overwrite.
                await #expect(throws: StoreMoveProblem.holdsUsers(place: target.address)) {
                    try await stores.move(source, to: target)
                }
                let again = try await StoreReopening(target, time: stores.time).run()
                #expect(again.departure == nil)
                await server.close()
            }
        }
    }

    @Test func `users are counted as called in parts, and nobody works with the store before the last`() async throws {
        try await MovedStores.with { stores in
            let server = try await stores.openServer()
            for index in 0..<7 { try await server.add("user \(index)") }
            try await server.note(StoreDeparture(copy: 1, to: "elsewhere", begunAt: .now, leftAt: .now))
            // A statement for each part, and one that finds nobody any more.
            for statement in [
                "CREATE TABLE bankrefreshd.parts (users int8)",
                """
                CREATE FUNCTION bankrefreshd.count_part() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    INSERT INTO bankrefreshd.parts SELECT count(*) FROM changed;
                    IF (SELECT hold_until IS NULL FROM bankrefreshd.fleet) THEN RAISE 'open'; END IF;
                    RETURN NULL;
                END $$
                """,
                """
                CREATE TRIGGER part AFTER UPDATE ON bankrefreshd.schedule REFERENCING NEW TABLE AS changed
                    FOR EACH STATEMENT EXECUTE FUNCTION bankrefreshd.count_part()
                """,
            ] { try await stores.server.execute(statement) }
            let restoration = StoreRestoration(takenAt: .now, restoredAt: .second(5), isReopening: true)
            try await server.reopen(as: restoration, usersAtOnce: 3)
            let parts = try await stores.server.rows("SELECT users::text FROM bankrefreshd.parts")
            #expect(parts == ["3", "3", "1", "0"])
            for index in 0..<7 { #expect(try await server.user("user \(index)")?.record.reachedAt == .second(5)) }
            #expect(try await server.marks().closure == nil)
            await server.close()
        }
    }

    @Test func `a copy that is not whole is no store to open again`() async throws {
        try await MovedStores.with { stores in
            let file = try stores.openFile()
            try await file.begin(
                StoreArrival(copy: 1, from: "elsewhere", seed: 1, begunAt: .now, floors: FloorShift()))
            await #expect(
                throws: StoreProblem.closed(place: file.path, .arriving(from: "elsewhere", since: .now))
            ) { try await StoreReopening(file, time: stores.time).run() }
        }
    }
}
