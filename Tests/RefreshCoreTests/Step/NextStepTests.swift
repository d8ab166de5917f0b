import Testing

@testable import RefreshCore

/// What follows each outcome under the rules everybody has, by example.
struct NextStepTests {
    private let policy = UserPolicy()
    /// A user whose slot is noon, UTC.
    private let slot: Timestamp
    private let user: User

    init() throws {
        let noon = try #require(Place(rawValue: 1 << 62))
        slot = try #require(Timestamp(rfc3339: "2026-11-22T12:00:00Z"))
        user = User(
            id: Arbitrary.id,
            place: noon,
            state: .scheduled(due: slot),
            record: User.Record(slot: slot)
        )
    }

    private func step(
        _ outcome: Outcome,
        of user: User? = nil,
        at moment: Timestamp? = nil,
        policy: UserPolicy? = nil,
        seed: UInt64 = 1
    ) -> User {
        var random = SplitMix64(seed: seed)
        let ended = moment ?? slot.advanced(by: .seconds(10))
        let attempt = Attempt(
            outcome: outcome,
            httpStatus: nil,
            trigger: .schedule,
            startedAt: ended.advanced(by: .seconds(-10)),
            endedAt: ended,
            duration: .seconds(10)
        )
        return NextStep.after(attempt, of: user ?? self.user, under: policy ?? self.policy, using: &random)
    }

    @Test func `calls a refreshed user at the same hour tomorrow, however late the call was`() {
        #expect(step(.refreshed).state == .scheduled(due: slot.advanced(by: .days(1))))
        let late = step(.refreshed, at: slot.advanced(by: .hours(17)))
        #expect(late.state == .scheduled(due: slot.advanced(by: .days(1))))
        #expect(late.record.slot == slot.advanced(by: .days(1)))
    }

    @Test func `skips the slot that follows a manual success too soon`() {
        let early = step(.refreshed, at: slot.advanced(by: .hours(-2)))
        #expect(early.state == .scheduled(due: slot.advanced(by: .days(1))))
        let earlier = step(.refreshed, at: slot.advanced(by: .hours(-7)))
        #expect(earlier.state == .scheduled(due: slot))
    }

    @Test(arguments: [Duration.hours(6), .hours(8), .hours(24)])
    func `calls late rather than every second time where the minimum interval takes most of a turn`(every: Duration)
        throws
    {
        var policy = UserPolicy()
        policy.cadence = Cadence(every: every)
        policy.minimumInterval = every
        var user = user
        var moment = slot
        for _ in 0..<20 {
            let ended = moment.advanced(by: .seconds(10))
            user = step(.refreshed, of: user, at: ended, policy: policy)
            let due = try #require(user.state.due)
            #expect(ended.duration(to: due) == every)
            moment = due
        }
    }

    @Test func `spreads over the next day whoever has spent the day's budget`() {
        var policy = UserPolicy()
        policy.attemptsPerDay = 1
        policy.minimumInterval = .hours(1)
        var arbitrary = Arbitrary(seed: 5)
        let midnight = Timestamp.startOfDay(slot.day + 1)
        for outcome in [Outcome.refreshed, .rejected(messages: []), .unknown(.crash)] {
            let hours = (0..<2_000).map { _ in
                let user = User(
                    id: Arbitrary.id,
                    place: arbitrary.place(),
                    state: .scheduled(due: slot),
                    record: User.Record(slot: slot)
                )
                let due = step(outcome, of: user, policy: policy).state.due ?? .epoch
                return Int(midnight.duration(to: due) / .hours(1))
            }
            let busiest = Dictionary(grouping: hours, by: \.self).map(\.value.count).max() ?? 0
            #expect(hours.allSatisfy { (0..<24).contains($0) })
            #expect(busiest < 150)
        }
    }

    @Test func `goes up the backoff with each failure of the user's own`() throws {
        var user = user
        var moment = slot
        for (failures, hours) in [
            (1, 6...7), (2, 6...12), (3, 12...24), (4, 24...48), (5, 48...96), (6, 84...168),
        ] {
            user = step(.rejected(messages: ["no"]), of: user, at: moment, seed: UInt64(failures))
            let due = try #require(user.state.due)
            #expect(user.record.failures == failures)
            #expect(moment.duration(to: due) >= .hours(Int64(hours.lowerBound)))
            #expect(moment.duration(to: due) <= .hours(Int64(hours.upperBound)))
            #expect(user.record.failingSince == slot)
            moment = due
        }
        user = step(.refreshed, of: user, at: moment)
        #expect(user.record.failures == 0)
        #expect(user.record.failingSince == nil)
    }

    @Test func `tries three times in a slot while the API is out of reach, then awaits the next`() throws {
        var user = user
        for attempt in 1...2 {
            user = step(.unavailable(.notConnected), of: user)
            #expect(user.state.kind == .backingOff)
            #expect(user.record.outageTries == attempt)
            #expect(
                try #require(user.state.due) <= slot.advanced(by: .seconds(10 + 30 << Int64(attempt - 1)))
            )
        }
        user = step(.unavailable(.notConnected), of: user)
        #expect(user.state == .scheduled(due: slot.advanced(by: .days(1))))
        #expect(user.record.outageTries == 0)
        #expect(user.record.failures == 0)
    }

    @Test func `keeps the tries of a slot when a manual call before it fails`() {
        let before = slot.advanced(by: .hours(-3))
        let user = step(.unavailable(.notConnected), at: before)
        #expect(user.state == .scheduled(due: slot))
        #expect(user.record.outageTries == 0)
    }

    @Test func `waits at least as long as Retry-After, and longer each time it is nothing`() throws {
        for seed in 0..<100 as Range<UInt64> {
            let due = try #require(step(.throttled(retryAfter: .hours(2)), seed: seed).state.due)
            let wait = slot.advanced(by: .seconds(10)).duration(to: due)
            #expect((.hours(2))...(.minutes(132)) ~= wait)
        }
        var user = user
        var moment = slot
        for seed in 0..<60 as Range<UInt64> {
            user = step(.throttled(retryAfter: .zero), of: user, at: moment, seed: seed)
            moment = try #require(user.state.due)
        }
        // Sixty answers of "now" in a row do not make sixty calls a minute.
        #expect(slot.duration(to: moment) > .hours(12))
        #expect(user.record.failures == 0)
    }

    @Test func `cuts a Retry-After that is absurd`() throws {
        let due = try #require(step(.throttled(retryAfter: .days(365))).state.due)
        #expect(slot.duration(to: due) <= .hours(27))
        #expect(slot.duration(to: due) >= .hours(24))
    }

    @Test(arguments: [Outcome.unknown(.crash), .unknown(.failover), .unknown(.givenUp)])
    func `holds the minimum interval, but nothing else, after a call that we gave up`(outcome: Outcome) throws {
        let next = step(outcome)
        let wait = slot.advanced(by: .seconds(10)).duration(to: try #require(next.state.due))
        #expect((.hours(6))...(.minutes(396)) ~= wait)
        #expect(next.record.failures == 0)
        #expect(next.record.attemptsToday == 1)
    }

    @Test(arguments: [false, true])
    func `holds ten minutes longer after a call of another daemon, which may have been stopped with its clock`(
        isForeign: Bool
    ) throws {
        let place = user.place
        let recovered = RecoveredLease(
            leased: LeasedUser(
                lease: Lease(id: 1, place: place, until: slot), user: user, token: SealedToken(bytes: []), revision: 0),
            leasedAt: slot.advanced(by: .seconds(-300)), isForeign: isForeign)
        let attempt = recovered.attempt(endedAt: slot)
        #expect(attempt.outcome == .unknown(.crash) && attempt.endedAt == slot && attempt.duration == .seconds(300))
        var random = SplitMix64(seed: 1)
        let next = NextStep.after(attempt, of: user, under: policy, using: &random)
        let floor = slot.advanced(by: .hours(6) + (isForeign ? .minutes(10) : .zero))
        #expect(next.record.lastAttempt?.at == slot)
        #expect(NextStep.obstacle(to: next, now: floor.advanced(by: .seconds(-1)), policy: policy) != nil)
        #expect(NextStep.obstacle(to: next, now: floor, policy: policy) == nil)
        #expect(try #require(next.state.due) >= floor)
    }

    @Test(arguments: [(Outcome.unauthorized, ParkReason.unauthorized), (.forbidden, .forbidden)])
    func `parks a user whose token is refused`(outcome: Outcome, reason: ParkReason) {
        let ended = slot.advanced(by: .seconds(10))
        let parked = step(outcome)
        #expect(parked.state == .parked(reason, since: ended))
        let again = step(outcome, of: parked, at: ended.advanced(by: .hours(5)))
        #expect(again.state == .parked(reason, since: ended))
    }

    @Test(arguments: Arbitrary.outcomes)
    func `leaves a parked user parked unless the call succeeds`(outcome: Outcome) {
        var user = user
        user.state = .parked(.refused, since: slot)
        let next = step(outcome, of: user)
        switch outcome {
        case .refreshed: #expect(next.state == .scheduled(due: slot.advanced(by: .days(1))))
        case .unauthorized, .forbidden, .misconfigured(.tokenDamaged): #expect(next.state.kind == .parked)
        default: #expect(next.state == user.state)
        }
    }

    @Test(arguments: Arbitrary.outcomes)
    func `leaves a pause as it was`(outcome: Outcome) {
        var user = user
        user.state = .paused(nil)
        #expect(step(outcome, of: user).state == .paused(nil))
    }

    @Test func `does not let a pause that ends soon shorten a wait`() throws {
        var user = user
        let until = slot.advanced(by: .minutes(1))
        user.state = .paused(PauseEnd(until: until, due: slot.advanced(by: .days(1))))
        let throttled = step(.throttled(retryAfter: .hours(24)), of: user)
        #expect(try #require(throttled.state.due) >= slot.advanced(by: .hours(24)))
        user.record.failures = 5
        let rejected = step(.rejected(messages: []), of: user)
        #expect(try #require(rejected.state.due) >= slot.advanced(by: .hours(84)))
    }

    @Test func `leaves the appointment after a pause that is over when a manual call fails`() {
        var user = user
        let due = slot.advanced(by: .days(1))
        user.state = .paused(PauseEnd(until: slot, due: due))
        let next = step(.unavailable(.notConnected), of: user)
        #expect(next.state == .scheduled(due: due))
        #expect(next.record.slot == user.record.slot)
    }

    @Test(arguments: [
        Outcome.unavailable(.notConnected), .rejected(messages: []), .throttled(retryAfter: .seconds(1)),
    ])
    func `leaves a later appointment as it was when a manual call fails`(outcome: Outcome) {
        let before = slot.advanced(by: .hours(-20))
        let scheduled = step(outcome, at: before)
        #expect(scheduled.state == .scheduled(due: slot))
        #expect(scheduled.record.slot == slot)
        var user = user
        user.state = .backingOff(due: slot.advanced(by: .days(6)))
        #expect(step(outcome, of: user).state == user.state)
    }

    @Test func `finds no day with budget in one that a fast clock has spent already`() {
        var user = user
        user.record.day = slot.day + 1
        user.record.attemptsToday = 4
        let moment = NextStep.earliest(for: user, now: slot, policy: policy)
        #expect(moment == slot)
        // The slot after this success lies in the day that is spent.
        let resumed = NextStep.resumed(paused(user), policy: policy, now: slot.advanced(by: .hours(1)))
        #expect(resumed.state == .scheduled(due: slot.advanced(by: .days(2))))
    }

    private func paused(_ user: User) -> User {
        var user = user
        user.state = .paused(nil)
        return user
    }
}
