import Testing

@testable import RefreshCore

struct NextStepRequestedTests {
    private let now = Timestamp(secondsSinceEpoch: 1_900_000_000)
    private let policy = UserPolicy(minimumInterval: .hours(6), attemptsPerDay: 2)

    private func user(_ state: UserState, reached: Duration? = nil, attemptsToday: Int = 0) -> User {
        var record = User.Record(slot: now)
        record.reachedAt = reached.map { now.advanced(by: .zero - $0) }
        record.day = now.day
        record.attemptsToday = attemptsToday
        return User(id: Arbitrary.id, place: Place(of: Arbitrary.id, seed: 1), state: state, record: record)
    }

    private func state(_ user: User, policy: UserPolicy? = nil) -> Result<UserState, CallObstacle> {
        NextStep.requested(user, policy: policy ?? self.policy, now: now).map(\.state)
    }

    @Test func `whoever may be called is due now, in the state it was in`() {
        let later = now.advanced(by: .hours(3))
        let past = now.advanced(by: .hours(-1))
        #expect(state(user(.scheduled(due: later))) == .success(.scheduled(due: now)))
        #expect(state(user(.backingOff(due: later), reached: .hours(6))) == .success(.backingOff(due: now)))
        #expect(
            state(user(.paused(PauseEnd(until: past, due: later))))
                == .success(.paused(PauseEnd(until: past, due: now))))
        // It keeps its place in the queue.
        #expect(state(user(.scheduled(due: past))) == .success(.scheduled(due: past)))
    }

    @Test func `whoever may not be called is told why, and until when`() {
        let later = now.advanced(by: .hours(3))
        #expect(state(user(.parked(.forbidden, since: now))) == .failure(.parked(.forbidden)))
        #expect(state(user(.paused(nil))) == .failure(.paused(until: nil)))
        #expect(state(user(.paused(PauseEnd(until: later, due: later)))) == .failure(.paused(until: later)))
        #expect(
            state(user(.scheduled(due: later), reached: .hours(2)))
                == .failure(.floor(until: now.advanced(by: .hours(4)))))
        #expect(
            state(user(.scheduled(due: later), reached: .hours(7), attemptsToday: 2))
                == .failure(.budget(until: .startOfDay(now.day + 1))))
    }

    @Test func `outside its window nobody is made due, and the answer says when it opens`() throws {
        let zone = ZoneRules.utc
        let window = try #require(
            DailyWindow(from: TimeOfDay(minutes: 60), to: TimeOfDay(minutes: 120), zone: zone))
        let policy = UserPolicy(cadence: Cadence(every: .days(1), window: window))
        let midnight = Timestamp.startOfDay(now.day)
        let opens = midnight.advanced(by: .hours(1))
        let candidate = user(.scheduled(due: .distantFuture))
        func requested(at moment: Timestamp) -> Result<User, CallObstacle> {
            NextStep.requested(candidate, policy: policy, now: moment)
        }
        #expect(requested(at: midnight) == .failure(.window(opens: opens)))
        #expect(requested(at: opens).map(\.state) == .success(.scheduled(due: opens)))
        let closed = midnight.advanced(by: .hours(2))
        #expect(requested(at: closed) == .failure(.window(opens: opens.advanced(by: .days(1)))))
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `nobody is put off, and nobody is called against the rules`(seed: UInt64) {
        var arbitrary = Arbitrary(seed: seed)
        let policy = arbitrary.policy()
        let now = arbitrary.moment()
        let user = arbitrary.user(now: now)
        switch NextStep.requested(user, policy: policy, now: now) {
        case .success(let next):
            #expect(next.record == user.record)
            #expect(next.state.kind == user.state.kind)
            #expect((next.state.due ?? .distantFuture) <= min(now, user.state.due ?? now))
            #expect(NextStep.obstacle(to: next, now: now, policy: policy) == nil)
            #expect(policy.cadence.isOpen(at: now))
            #expect(NextStep.requested(next, policy: policy, now: now) == .success(next))
        case .failure(.window(let opens)):
            #expect(opens > now)
            #expect(!policy.cadence.isOpen(at: now))
        case .failure:
            #expect(NextStep.obstacle(to: user, now: now, policy: policy) != nil)
        }
    }
}
