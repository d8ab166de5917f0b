import RefreshCore
import RefreshDaemon
import TestSupport
import Testing

@Suite struct WakeSignalTests {
    let world = Simulation()
    let wakeSignal = WakeSignal()

    func waiter(until deadline: Duration = .hours(1), atMost longest: Duration = .hours(2)) -> Task<Duration, Never> {
        let (time, wakeSignal) = (world.time, wakeSignal)
        let end = time.now.advanced(by: deadline)
        return Task(executorPreference: world.executor) {
            await wakeSignal.wait(until: end, atMost: longest, on: time)
            return time.uptime
        }
    }

    @Test func `a ring wakes the sleeper`() async {
        let sleeper = waiter()
        world.advance(by: .minutes(5))
        wakeSignal.send()
        world.advance(by: .minutes(5))
        await #expect(sleeper.value == .minutes(5))
    }

    @Test func `a ring that nobody waits for is kept, several count as one`() async {
        wakeSignal.send()
        wakeSignal.send()
        let first = waiter()
        world.settle()
        await #expect(first.value == .zero)
        let second = waiter()
        world.advance(by: .hours(1))
        await #expect(second.value == .hours(1))
    }

    @Test func `the deadline follows the calendar`() async {
        let sleeper = waiter(until: .hours(1))
        world.advance(by: .minutes(10))
        world.time.step(by: .minutes(30))
        world.advance(by: .hours(1))
        await #expect(sleeper.value == .minutes(30))
    }

    @Test func `the longest wait follows the steady clock`() async {
        let sleeper = waiter(until: .hours(1), atMost: .minutes(20))
        world.advance(by: .minutes(10))
        world.time.step(by: .zero - .days(365))
        world.advance(by: .hours(1))
        await #expect(sleeper.value == .minutes(20))
    }

    @Test func `a moment before the deadline wakes the sleeper, one after it does not`() async {
        let sleeper = waiter(until: .hours(1))
        world.advance(by: .minutes(10))
        wakeSignal.expect(world.time.now.advanced(by: .hours(1)))
        world.advance(by: .minutes(10))
        wakeSignal.expect(world.time.now.advanced(by: .minutes(5)))
        world.advance(by: .hours(1))
        await #expect(sleeper.value == .minutes(20))
    }

    @Test func `a moment told while nobody slept is the next deadline, and only that`() async {
        wakeSignal.expect(world.time.now.advanced(by: .minutes(30)))
        wakeSignal.expect(world.time.now.advanced(by: .minutes(10)))
        wakeSignal.expect(world.time.now.advanced(by: .minutes(20)))
        let first = waiter(until: .hours(1))
        world.advance(by: .minutes(40))
        await #expect(first.value == .minutes(10))
        let second = waiter(until: .minutes(30))
        world.advance(by: .hours(1))
        await #expect(second.value == .minutes(70))
    }

    @Test func `cancellation ends the wait`() async {
        let sleeper = waiter()
        world.advance(by: .minutes(1))
        sleeper.cancel()
        world.settle()
        await #expect(sleeper.value == .minutes(1))
    }
}
