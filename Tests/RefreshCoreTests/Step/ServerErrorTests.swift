import Testing

@testable import RefreshCore

/// What follows an answer of 500 and above: somebody between may have given it for a call that Tight has begun.
struct ServerErrorTests {
    private let slot: Timestamp
    private let user: User

    init() throws {
        let noon = try #require(Place(rawValue: 1 << 62))
        slot = try #require(Timestamp(rfc3339: "2026-11-22T12:00:00Z"))
        var record = User.Record(slot: slot)
        record.failures = 2
        user = User(id: Arbitrary.id, place: noon, state: .scheduled(due: slot), record: record)
    }

    private func step(
        _ why: Unavailability, of user: User, at moment: Timestamp, policy: UserPolicy = UserPolicy(), seed: UInt64 = 1
    ) -> User {
        var random = SplitMix64(seed: seed)
        let attempt = Attempt(
            outcome: .unavailable(why), httpStatus: nil, trigger: .schedule, startedAt: moment, endedAt: moment,
            duration: .zero)
        return NextStep.after(attempt, of: user, under: policy, using: &random)
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `keeps the minimum interval and is charged to the day, but is no step of the user's backoff`(seed: UInt64)
        throws
    {
        let next = step(.status(502), of: user, at: slot, seed: seed)
        let wait = slot.duration(to: try #require(next.state.due))
        #expect((.hours(6))...(.minutes(396)) ~= wait)
        #expect(next.record.reachedAt == slot)
        #expect(next.record.attemptsToday == 1)
        #expect(next.record.failures == 2)
        #expect(next.record.failingSince == slot)
    }

    @Test func `is tried a few times a slot, and then the next slot is awaited`() throws {
        var user = user
        var moment = slot
        for _ in 0..<2 {
            user = step(.status(500), of: user, at: moment)
            moment = try #require(user.state.due)
            #expect(user.state.kind == .backingOff)
        }
        user = step(.status(500), of: user, at: moment)
        // The slot of tomorrow noon is too soon after that.
        #expect(user.state.kind == .scheduled)
        #expect(moment.duration(to: try #require(user.state.due)) >= .hours(6))
    }

    @Test(arguments: [UserPolicy.ServerErrors.minimumInterval, .soon])
    func `waits for a Retry-After in any case, cut to the longest`(serverErrors: UserPolicy.ServerErrors) throws {
        let policy = UserPolicy(serverErrors: serverErrors)
        for (asked, least, most) in [
            (Duration.hours(8), Duration.hours(8), Duration.minutes(528)), (.days(300), .hours(24), .minutes(1_585)),
        ] {
            let due = try #require(
                step(.status(503, retryAfter: asked), of: user, at: slot, policy: policy).state.due)
            #expect(slot.duration(to: due) >= least)
            #expect(slot.duration(to: due) <= most)
        }
        // Also when the tries of the slot are spent.
        var spent = user
        spent.record.outageTries = 2
        let next = step(
            .status(503, retryAfter: .hours(23)), of: spent, at: slot.advanced(by: .hours(2)), policy: policy)
        #expect(next.state == .scheduled(due: slot.advanced(by: .days(2))))
    }

    @Test func `is tried soon and costs nothing where the rules say so`() throws {
        let policy = UserPolicy(serverErrors: .soon)
        let next = step(.status(502), of: user, at: slot, policy: policy)
        #expect(slot.duration(to: try #require(next.state.due)) <= .seconds(30))
        #expect(next.record.reachedAt == nil)
        #expect(next.record.attemptsToday == 0)
        #expect(next.record.failures == 2)
    }

    @Test func `does not touch what was never sent`() throws {
        let next = step(.notConnected, of: user, at: slot)
        #expect(slot.duration(to: try #require(next.state.due)) <= .seconds(30))
        #expect(next.record.reachedAt == nil)
    }
}
