import Testing

@testable import RefreshCore

/// A schedule that changed, and clocks that were wrong.
struct NextStepReanchoredTests {
    @Test(arguments: 0..<60 as Range<UInt64>, [-365, -1, 0, 1, 365] as [Int64])
    func `loses nobody, keeps the minimum interval and puts nobody off for long`(seed: UInt64, days: Int64) {
        var arbitrary = Arbitrary(seed: seed)
        for _ in 0..<20 {
            let before = arbitrary.moment()
            let now = before.advanced(by: .days(days))
            let user = arbitrary.user(now: before)
            let policy = arbitrary.policy()
            let next = NextStep.reanchored(user, policy: policy, now: now)
            let broken = Self.broken(next, from: user, policy: policy, now: now)
            #expect(broken.isEmpty, "\(user), \(policy), \(now), \(next)")
            #expect(NextStep.reanchored(next, policy: policy, now: now) == next, "\(user), \(policy), \(now)")
        }
    }

    private static func broken(_ next: User, from user: User, policy: UserPolicy, now: Timestamp) -> [String] {
        var broken: [String] = []
        if next.state.kind != user.state.kind { broken.append("nobody changes its standing") }
        if let reachedAt = next.record.reachedAt, reachedAt > now {
            broken.append("no bank was reached in the future")
        }
        if (user.record.reachedAt == nil) != (next.record.reachedAt == nil) {
            broken.append("what reached a bank is kept")
        }
        if next.record.attemptsToday != user.record.attemptsToday { broken.append("what was spent is kept") }
        guard let due = next.state.due else {
            if user.state.due != nil { broken.append("nobody is lost") }
            return broken
        }
        let called = max(due, now)
        if NextStep.earliest(for: next, now: called, policy: policy) != called {
            broken.append("minimum interval and budget are kept")
        }
        if due > now, due != user.state.due, !policy.cadence.isOpen(at: due) {
            broken.append("nobody is called outside its window")
        }
        let backoffs = max(
            policy.failureBackoff.ceiling,
            policy.outageBackoff.ceiling,
            policy.longestRetryAfter
        )
        let longest = max(backoffs, policy.minimumInterval) * 1.2 + .days(5) + policy.cadence.every
        var latest = now.advanced(by: longest)
        if case .paused(let end?) = next.state {
            latest = max(latest, end.until.advanced(by: longest))
            if due < end.until { broken.append("nobody is called before its pause ends") }
            if case .paused(let before?) = user.state, before.until != end.until {
                broken.append("a pause keeps its end")
            }
        }
        if due > latest { broken.append("nobody is put off for longer than the rules can impose") }
        return broken
    }

    @Test func `changes nothing for those whose schedule stays and whose clock was right`() {
        var arbitrary = Arbitrary(seed: 11)
        let policy = UserPolicy()
        for _ in 0..<500 {
            let now = arbitrary.moment()
            let added = NextStep.added(
                Arbitrary.id,
                at: arbitrary.place(),
                group: nil,
                policy: policy,
                now: now
            )
            var user = NextStep.after(
                arbitrary.attempt(arbitrary.outcome(), endedAt: now),
                of: added,
                under: policy,
                using: &arbitrary.random
            )
            if arbitrary.chance(1, in: 4) {
                user = NextStep.paused(user, until: now.advanced(by: .hours(30)), policy: policy)
            }
            let later = now.advanced(by: arbitrary.duration(.zero, .hours(5)))
            #expect(NextStep.reanchored(user, policy: policy, now: later).state == user.state)
        }
    }

    @Test func `moves a scheduled user to its slot on the new circle`() throws {
        let place = try #require(Place(rawValue: 1 << 62))
        let now = try #require(Timestamp(rfc3339: "2026-11-22T01:00:00Z"))
        let user = NextStep.added(Arbitrary.id, at: place, group: nil, policy: UserPolicy(), now: now)
        #expect(user.state.due?.description == "2026-11-22T12:00:00Z")
        var policy = UserPolicy()
        policy.cadence = Cadence(every: .hours(12))
        let next = NextStep.reanchored(user, policy: policy, now: now)
        #expect(next.state.due?.description == "2026-11-22T06:00:00Z")
        #expect(next.record.slot.description == "2026-11-22T06:00:00Z")
    }

    @Test func `leaves the overdue where they are, unless the minimum interval has grown`() throws {
        let now = try #require(Timestamp(rfc3339: "2026-11-22T14:00:00Z"))
        let due = now.advanced(by: .hours(-2))
        var record = User.Record(slot: due)
        record.reachedAt = now.advanced(by: .hours(-8))
        let place = try #require(Place(rawValue: 1 << 62))
        for state in [UserState.scheduled(due: due), .backingOff(due: due)] {
            let user = User(id: Arbitrary.id, place: place, state: state, record: record)
            #expect(NextStep.reanchored(user, policy: UserPolicy(), now: now) == user)
            var policy = UserPolicy()
            policy.minimumInterval = .hours(12)
            let next = NextStep.reanchored(user, policy: policy, now: now)
            #expect(try #require(next.state.due) >= now.advanced(by: .hours(4)))
        }
    }

    @Test func `spreads those whose wait it cuts`() throws {
        var arbitrary = Arbitrary(seed: 4)
        let now = arbitrary.moment()
        var dues: Set<Timestamp> = []
        for _ in 0..<500 {
            let user = User(
                id: Arbitrary.id,
                place: arbitrary.place(),
                state: .backingOff(due: now.advanced(by: .days(365))),
                record: User.Record(slot: now)
            )
            dues.insert(try #require(NextStep.reanchored(user, policy: UserPolicy(), now: now).state.due))
        }
        #expect(dues.count == 500)
    }

    @Test func `keeps a wait that the rules can impose`() throws {
        var policy = UserPolicy()
        policy.minimumInterval = .minutes(1)
        policy.failureBackoff = Backoff(first: .minutes(1), ceiling: .hours(1), jitter: .upperHalf)
        var arbitrary = Arbitrary(seed: 4)
        let now = arbitrary.moment()
        for _ in 0..<200 {
            let user = NextStep.added(
                Arbitrary.id,
                at: arbitrary.place(),
                group: nil,
                policy: policy,
                now: now
            )
            let attempt = arbitrary.attempt(.throttled(retryAfter: .hours(24)), endedAt: now)
            let throttled = NextStep.after(attempt, of: user, under: policy, using: &arbitrary.random)
            #expect(NextStep.reanchored(throttled, policy: policy, now: now) == throttled)
        }
    }
}
