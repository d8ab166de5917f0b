import RefreshCore
import Synchronization
import TestSupport
import Testing

@testable import RefreshDaemon

/// When the scheduler is woken because the store went away, or came back.
@Suite struct StorePlaceWatchTests {
    @Test func `the scheduler is woken within seconds when the store goes and when it comes back, and not between`()
        async throws
    {
        let world = Simulation()
        let store = TroubledStore(MemoryUserStore())
        let bell = WakeSignal()
        let log = RingLog()
        let time = world.time
        let watch = Task(executorPreference: world.executor) {
            await StorePlaceWatch(store: store, wakeSignal: bell, time: time).run()
        }
        let sleeper = Task(executorPreference: world.executor) {
            while !Task.isCancelled {
                await bell.wait(until: .distantFuture, atMost: .days(1), on: time)
                log.add(time.now)
            }
        }
        let began = time.now
        world.settle()
        world.advance(by: .minutes(1))
        store.fail(.init(place: .displaced(place: "/store", detail: "/store is gone")))
        world.advance(by: .minutes(1))
        store.fail(.init())
        world.advance(by: .minutes(1))
        let after = log.moments.map { began.duration(to: $0) }
        // It looked just before.
        #expect(after == [.seconds(62), .seconds(122)])
        for task in [watch, sleeper] {
            task.cancel()
            world.settle()
            await task.value
        }
    }
}

private final class RingLog: Sendable {
    private let state = Mutex<[Timestamp]>([])

    var moments: [Timestamp] { state.withLock(\.self) }
    func add(_ moment: Timestamp) { state.withLock { $0.append(moment) } }
}
