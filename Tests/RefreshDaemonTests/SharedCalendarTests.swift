import RefreshCore
import RefreshDaemon
import TestSupport
import Testing

/// The store's calendar as a daemon knows it.
@Suite struct SharedCalendarTests {
    private let time = ManualTime(now: Timestamp(secondsSinceEpoch: 1_790_000_000))
    private let calendar: SharedCalendar
    /// What the store's clock shows, whatever this machine's says.
    private let store = Timestamp(secondsSinceEpoch: 1_700_000_000)

    init() {
        calendar = SharedCalendar(over: time)
    }

    /// Asks the store, whose clock is at `moment`, and has the answer `travel` later.
    private func ask(at moment: Timestamp, travel: Duration) -> SharedCalendar.Judgement {
        let asked = time.uptime
        time.jump(to: asked + travel)
        return calendar.judge(moment, asked: asked, answered: time.uptime)
    }

    @Test func `is this machine's own until the store was asked`() {
        #expect(calendar.now == time.now)
        #expect(calendar.ownAhead == nil)
        #expect(calendar.uncertainty == .zero)
    }

    @Test func `shows the earlier end, and says how much later it may be`() {
        #expect(ask(at: store, travel: .milliseconds(40)) == .taken)
        #expect(calendar.now == store)
        #expect(calendar.uncertainty == .milliseconds(40))
        time.jump(to: time.uptime + .seconds(3))
        #expect(calendar.now == store.advanced(by: .seconds(3)))
        #expect(calendar.reading.wall == calendar.now)
        #expect(calendar.ownAhead == .seconds(90_000_000) + .milliseconds(40))
    }

    @Test func `an answer that took long tells nothing`() {
        #expect(ask(at: store, travel: .milliseconds(501)) == .tooWide)
        #expect(calendar.ownAhead == nil)
    }

    @Test func `an answer that took long still tells that the clock was set forward by more`() {
        _ = ask(at: store, travel: .zero)
        // Each answer takes three seconds, in which the clock may have gone on by as much.
        let late = store.advanced(by: .seconds(3))
        #expect(ask(at: late, travel: .seconds(3)) == .tooWide)
        let asked = time.uptime
        let jumped = store.advanced(by: .seconds(3) + .seconds(60))
        #expect(ask(at: jumped, travel: .seconds(3)) == .setForward(by: .seconds(60)))
        calendar.follow(jumped, asked: asked, answered: time.uptime)
        #expect(calendar.now == jumped && calendar.uncertainty == .seconds(3))
    }

    @Test func `never runs ahead of the store, and does not move for a little`() {
        _ = ask(at: store, travel: .milliseconds(40))
        // Exact, and later than thought by 40 ms at most: it stays where it is.
        _ = ask(at: store.advanced(by: .milliseconds(10)), travel: .zero)
        #expect(calendar.now == store)
        #expect(calendar.uncertainty == .milliseconds(10))
        // The store's clock runs slower: it follows at once.
        _ = ask(at: store.advanced(by: .milliseconds(-5)), travel: .zero)
        #expect(calendar.now == store.advanced(by: .milliseconds(-5)))
        #expect(calendar.uncertainty == .zero)
    }

    @Test func `a clock set forward changes nothing before everybody was told`() {
        _ = ask(at: store, travel: .milliseconds(10))
        let jumped = store.advanced(by: .seconds(60))
        let asked = time.uptime
        #expect(calendar.judge(jumped, asked: asked, answered: asked) == .setForward(by: .seconds(60)))
        #expect(calendar.now == store)
        calendar.follow(jumped, asked: asked, answered: asked)
        #expect(calendar.now == jumped)
    }

    @Test func `a clock set back is followed at once`() {
        _ = ask(at: store, travel: .zero)
        #expect(ask(at: store.advanced(by: .hours(-1)), travel: .zero) == .taken)
        #expect(calendar.now == store.advanced(by: .hours(-1)))
    }

    @Test func `a sleep until a moment ends when the store's calendar shows it`() async throws {
        let world = Simulation()
        let calendar = SharedCalendar(over: world.time)
        _ = calendar.judge(store, asked: .zero, answered: .zero)
        let moment = store.advanced(by: .minutes(2))
        let sleeper = Task(executorPreference: world.executor) {
            try await calendar.sleep(until: moment, tolerance: .zero)
            return world.time.uptime
        }
        world.advance(by: .minutes(3))
        #expect(try await sleeper.value == .minutes(2))
    }
}
