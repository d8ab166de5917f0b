import PostgreSQLStore
import RefreshCore
import RefreshDaemon
import SQLiteStore
import TestSupport
import Testing

/// By which calendar a command goes that works with a store while no daemon runs.
@Suite(.timeLimit(.minutes(1))) struct ShownCalendarTests {
    @Test func `it is that of the store's server, which goes on with this machine's steady clock`() async throws {
        try await MovedStores.with { stores in
            let server = try await stores.openServer()
            try await stores.server.setServerClock(.second(3_600))
            stores.time.jump(to: .seconds(40))
            let calendar = try await SharedCalendar.shown(by: server, over: stores.time)
            #expect(calendar.now == .second(3_600))
            #expect(calendar.uncertainty == .zero)
            stores.time.jump(to: .seconds(43))
            #expect(calendar.now == .second(3_603))
            #expect(stores.time.now == .second(43))
            await server.close()
        }
    }

    @Test func `it is that of a server whose answers take long, as far as they tell`() async throws {
        try await MovedStores.with { stores in
            let server = try await stores.openServer()
            try await stores.server.setServerClock(.second(3_600))
            let time = RushingTime(base: stores.time)
            let calendar = try await SharedCalendar.shown(by: server, over: time)
            #expect(calendar.uncertainty == .seconds(1))
            #expect(calendar.ownAhead == .seconds(-3_590))
            await server.close()
        }
    }

    @Test func `it is this machine's own for a file`() async throws {
        try await MovedStores.with { stores in
            let file = try stores.openFile()
            let calendar = try await SharedCalendar.shown(by: file, over: stores.time)
            #expect(calendar.ownAhead == nil)
            #expect(calendar.now == stores.time.now)
        }
    }
}

/// A steady clock that goes on by a second whenever it is read.
private struct RushingTime: Timekeeping {
    let base: ManualTime

    var now: Timestamp { base.now }
    var uptime: Duration {
        base.jump(to: base.uptime + .seconds(1))
        return base.uptime
    }
    var reading: ClockReading { base.reading }
    var boot: BootID? { base.boot }

    func sleep(until deadline: Timestamp, tolerance: Duration) async throws(CancellationError) {
        try await base.sleep(until: deadline, tolerance: tolerance)
    }

    func sleep(for duration: Duration) async throws(CancellationError) {
        try await base.sleep(for: duration)
    }
}
