import Testing

@testable import RefreshCore

struct NextStepOperatorTests {
    @Test(arguments: 0..<50 as Range<UInt64>)
    func `calls an added user at its first slot`(seed: UInt64) {
        var arbitrary = Arbitrary(seed: seed)
        let policy = arbitrary.policy()
        let now = arbitrary.moment()
        let place = arbitrary.place()
        let user = NextStep.added(Arbitrary.id, at: place, group: GroupName("gold"), policy: policy, now: now)
        let slot = policy.cadence.slot(of: place, notBefore: now)
        #expect(user.state == .scheduled(due: slot))
        #expect(user.record == User.Record(slot: slot))
        #expect(user.group == GroupName("gold"))
        #expect(user.tokenVersion == 1)
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `releases only a parked user for a new token`(seed: UInt64) {
        var arbitrary = Arbitrary(seed: seed)
        for _ in 0..<40 {
            let policy = arbitrary.policy()
            let now = arbitrary.moment()
            let user = arbitrary.user(now: now)
            let next = NextStep.tokenReplaced(user, policy: policy, now: now)
            if user.state.kind == .parked {
                expectReleased(next, from: user, policy: policy, now: now)
            } else {
                var expected = user
                expected.record.refusal = nil
                #expect(next == expected)
            }
        }
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `releases a parked or paused user at a slot that the minimum interval and the budget allow`(seed: UInt64) {
        var arbitrary = Arbitrary(seed: seed)
        for _ in 0..<40 {
            let policy = arbitrary.policy()
            let now = arbitrary.moment()
            let user = arbitrary.user(now: now)
            let next = NextStep.resumed(user, policy: policy, now: now)
            switch user.state {
            case .parked, .paused: expectReleased(next, from: user, policy: policy, now: now)
            case .scheduled, .backingOff: #expect(next == user)
            }
        }
    }

    private func expectReleased(_ next: User, from user: User, policy: UserPolicy, now: Timestamp) {
        guard case .scheduled(let due) = next.state else {
            Issue.record("not scheduled: \(next)")
            return
        }
        #expect(due >= now)
        #expect(NextStep.earliest(for: next, now: due, policy: policy) == due)
        #expect(policy.cadence.slot(of: user.place, notBefore: due) == due)
        // A window that moves with the clock, and a day that the zone leaves out.
        let moved = policy.cadence.window == nil ? Duration.zero : .days(2)
        let latest = policy.minimumInterval + policy.cadence.every + .days(1) + moved
        #expect(now.duration(to: due) <= latest)
        #expect(next.record.slot == due)
        #expect(next.record.failures == user.record.failures)
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `pauses for good or until a moment, and calls nobody sooner for it`(seed: UInt64) {
        var arbitrary = Arbitrary(seed: seed)
        for _ in 0..<40 {
            let policy = arbitrary.policy()
            let now = arbitrary.moment()
            let user = arbitrary.user(now: now)
            let until =
                arbitrary.chance(1, in: 3) ? nil : now.advanced(by: arbitrary.duration(.seconds(1), .days(9)))
            let next = NextStep.paused(user, until: until, policy: policy)
            #expect(next.record == user.record)
            switch next.state {
            case .parked: #expect(next == user)
            case .paused(nil): #expect(until == nil)
            case .paused(let end?):
                #expect(end.until == until)
                #expect(end.due >= end.until)
                #expect(NextStep.earliest(for: next, now: end.due, policy: policy) == end.due)
                if case .backingOff(let due) = user.state { #expect(end.due >= due) }
            case .scheduled, .backingOff: Issue.record("not paused: \(next)")
            }
        }
    }

    @Test func `does not hold a user to an earlier, longer pause`() throws {
        var arbitrary = Arbitrary(seed: 1)
        let now = arbitrary.moment()
        let policy = UserPolicy()
        let user = NextStep.added(Arbitrary.id, at: arbitrary.place(), group: nil, policy: policy, now: now)
        let long = NextStep.paused(user, until: now.advanced(by: .days(300)), policy: policy)
        let short = NextStep.paused(long, until: now.advanced(by: .days(1)), policy: policy)
        #expect(now.duration(to: try #require(short.state.due)) <= .days(2))
    }
}
