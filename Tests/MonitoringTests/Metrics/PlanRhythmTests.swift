import Monitoring
import Synchronization
import TestSupport
import Testing

@testable import RefreshCore

@Suite struct PlanRhythmTests {
    /// 100 s before a quarter of an hour begins.
    private let world = Simulation(startingAt: Timestamp(secondsSinceEpoch: 1_790_000_000))
    private let rhythm = PlanRhythm()
    private let plans = Plans()

    /// The moments at which a plan was asked for, in seconds since the start.
    private final class Plans: Sendable {
        private let state = Mutex<(asked: [Int64], failures: Int)>(([], 0))

        var asked: [Int64] { state.withLock { $0.asked } }

        func fail(_ count: Int) {
            state.withLock { $0.failures = count }
        }

        func make(at uptime: Duration) -> Bool {
            state.withLock { state in
                state.asked.append(uptime.components.seconds)
                state.failures -= 1
                return state.failures < 0
            }
        }
    }

    /// Keeps plans, each of which takes `span`, while `body` runs.
    private func keeping(plansOf span: Duration = .zero, _ body: () -> Void) async {
        let (time, rhythm, plans) = (world.time, rhythm, plans)
        let keeper = Task(executorPreference: world.executor) {
            await rhythm.keep(on: time) {
                let isMade = plans.make(at: time.uptime)
                if span > .zero { try? await time.sleep(for: span) }
                return isMade
            }
        }
        world.settle()
        body()
        keeper.cancel()
        world.settle()
        await keeper.value
    }

    @Test func `a fleet in which nothing changes is planned with each quarter of an hour`() async {
        await keeping { world.advance(by: .minutes(35)) }
        #expect(plans.asked == [0, 115, 1_015, 1_915])
    }

    @Test(
        arguments: [
            .usersImported(PutCounts(added: 1)), .reloaded(changes: [], needRestart: []),
            .clockStepped(by: .hours(-1)), .clockUncertain(gap: .hours(1)),
        ] as [Event])
    func `what moves the schedule is planned soon, and no more often than the pace`(event: Event) async {
        await keeping {
            world.advance(by: .seconds(20))
            rhythm.report(event)
            world.advance(by: .seconds(16))
            rhythm.report(event)
            world.advance(by: .seconds(20))
        }
        #expect(plans.asked == [0, 35, 51])
    }

    @Test func `what moves nothing is no reason to plan`() async {
        await keeping {
            world.advance(by: .seconds(20))
            rhythm.report(.stopping(inFlight: 0))
            world.advance(by: .seconds(60))
        }
        #expect(plans.asked == [0])
    }

    @Test func `the first plan is tried again soon, a later one at the usual pace`() async {
        plans.fail(2)
        await keeping {
            world.advance(by: .seconds(20))
            plans.fail(1)
            world.advance(by: .minutes(3))
        }
        #expect(plans.asked == [0, 1, 3, 115, 130])
    }

    @Test func `a plan that always fails is tried ever less often, but at least each quarter of an hour`() async {
        plans.fail(10_000)
        await keeping { world.advance(by: .hours(1)) }
        #expect(plans.asked.prefix(5) == [0, 1, 3, 7, 15])
        #expect(plans.asked.suffix(3) == [1_023, 1_923, 2_823])
        #expect(plans.asked.count <= 20)
    }

    @Test func `a slow plan is at work for a tenth of the time at most, however much changes`() async {
        await keeping(plansOf: .seconds(40)) {
            for _ in 0..<720 {
                world.advance(by: .seconds(5))
                rhythm.report(.clockUncertain(gap: .hours(1)))
            }
        }
        #expect(plans.asked.count > 1)
        #expect(plans.asked.count * 40 <= 3_600 / 10)
    }

    @Test func `a slow plan is still made with each quarter of an hour`() async {
        await keeping(plansOf: .seconds(40)) { world.advance(by: .minutes(35)) }
        #expect(plans.asked == [0, 440, 1_015, 1_915])
    }

    @Test func `a machine that slept during a plan has the next one within an hour or so`() async {
        await keeping(plansOf: .hours(8)) { world.advance(by: .hours(10)) }
        #expect(plans.asked.count == 2 && plans.asked.allSatisfy { $0 <= 33_300 })
    }

    @Test func `a plan that fails slowly rests as long as one that succeeds slowly`() async {
        plans.fail(10_000)
        await keeping(plansOf: .seconds(40)) { world.advance(by: .minutes(15)) }
        #expect(plans.asked == [0, 440, 880])
    }

    @Test(arguments: [Event.userPaused, Event.userResumed])
    func `who is paused or resumed is out of the plan, or in it, soon`(event: @Sendable (User) -> Event) async throws {
        let place = try #require(Place(rawValue: 1))
        let user = User(id: try UserID("user-1"), place: place, state: .paused(nil), record: User.Record(slot: .epoch))
        await keeping {
            world.advance(by: .seconds(20))
            rhythm.report(event(user))
            world.advance(by: .seconds(16))
        }
        #expect(plans.asked == [0, 35])
    }
}
