import Testing

@testable import RefreshCore

/// What the rules make of a user of whom another store tells.
struct NextStepStandingTests {
    private static let noon = Timestamp(secondsSinceEpoch: 1_800_014_400)  // 2027-01-15T12:00:00Z
    private static let policy = UserPolicy(cadence: Cadence(every: .hours(24)), minimumInterval: .hours(6))
    private static let place = Place(of: Arbitrary.id, seed: 1)
    private static let other = Place(of: Arbitrary.id, seed: 2)

    private static func at(_ hours: Int64) -> Timestamp { noon.advanced(by: .hours(hours)) }

    private func user(_ state: UserState, reachedAt: Timestamp? = nil, place: Place = place) -> User {
        var record = User.Record(slot: state.due ?? Self.noon)
        record.reachedAt = reachedAt
        if let reachedAt { (record.day, record.attemptsToday) = (reachedAt.day, 1) }
        return User(id: Arbitrary.id, place: place, state: state, record: record)
    }

    /// As the store adds it that it comes to.
    private func added(at place: Place = place) -> User {
        NextStep.added(Arbitrary.id, at: place, group: nil, policy: Self.policy, now: Self.noon)
    }

    private func arrived(_ standing: UserStanding, at place: Place = place) -> User {
        NextStep.arrived(added(at: place), as: standing, policy: Self.policy, now: Self.noon)
    }

    private func told(_ user: User, _ standing: UserStanding, bringsToken: Bool = false) -> User {
        NextStep.told(user, of: standing, bringsToken: bringsToken, policy: Self.policy, now: Self.noon)
    }

    // MARK: In a new store

    private static var standings: [UserState] {
        let slot = policy.cadence.slot(of: place, after: noon)
        let afterPause = policy.cadence.slot(of: place, notBefore: at(50))
        return [
            .scheduled(due: slot), .scheduled(due: at(-3)), .scheduled(due: at(30)), .backingOff(due: at(5)),
            .backingOff(due: at(-1)), .parked(.unauthorized, since: at(-40)), .parked(.forbidden, since: at(-1)),
            .parked(.refused, since: at(-1)), .paused(nil), .paused(PauseEnd(until: at(50), due: afterPause)),
        ]
    }

    @Test(arguments: standings) func `a user stands in a new store as it stood in the other`(state: UserState) {
        var before = user(state, reachedAt: Self.at(-7))
        before.record.failures = 3
        before.record.failingSince = Self.at(-90)
        before.record.lastSuccess = Self.at(-100)
        before.record.outageWaits = 2
        before.record.refusal = Refusal(status: 422, turns: 2, turnEnds: Self.at(-2))
        before.record.lastAttempt = User.LastAttempt(
            at: Self.at(-7), outcome: .refused, httpStatus: 422, reason: "no such account")
        let next = arrived(UserStanding(before))
        #expect(next.state == state)
        #expect(next.record == before.record)
    }

    @Test func `its next call is where it was, though it stands elsewhere on the circle`() {
        let due = Self.policy.cadence.slot(of: Self.place, after: Self.noon)
        #expect(arrived(UserStanding(user(.scheduled(due: due))), at: Self.other).state == .scheduled(due: due))
    }

    @Test func `who is told to have been called a while ago is called after the minimum interval`() throws {
        let standing = UserStanding(record: user(.paused(nil), reachedAt: Self.at(-1)).record)
        let next = arrived(standing)
        let due = try #require(next.state.due)
        #expect(next.state.kind == .scheduled)
        #expect(due >= Self.at(5))
        #expect(Self.policy.cadence.slot(of: Self.place, notBefore: due) == due)
    }

    @Test func `an appointment that no rule can have made is not taken for one`() throws {
        let next = arrived(UserStanding(user(.scheduled(due: Self.at(24 * 400)))))
        #expect(try #require(next.state.due) <= Self.at(24))
        let late = arrived(UserStanding(user(.backingOff(due: Self.at(24 * 400)))))
        #expect(try #require(late.state.due) <= Self.at(24 * 12))
    }

    @Test func `a moment that is yet to come counts as now`() {
        let next = arrived(UserStanding(user(.scheduled(due: Self.at(1)), reachedAt: Self.at(2))))
        #expect(next.record.reachedAt == Self.noon)
    }

    // MARK: In a store that knows it

    @Test func `of two stores the later moments hold, and what the later call left`() {
        let here = user(.scheduled(due: Self.at(20)), reachedAt: Self.at(-2))
        let earlier = user(.backingOff(due: Self.at(3)), reachedAt: Self.at(-5))
        #expect(told(here, UserStanding(earlier)) == here)
        var later = user(.backingOff(due: Self.at(7)), reachedAt: Self.at(-1))
        later.record.failures = 4
        later.record.attemptsToday = 3
        let next = told(here, UserStanding(later))
        #expect(next.state == later.state)
        #expect(next.record.failures == 4 && next.record.attemptsToday == 3)
        #expect(next.record.reachedAt == Self.at(-1))
        #expect(told(next, UserStanding(later)) == next, "told twice")
        #expect(told(next, UserStanding(here)) == next, "and what was before changes nothing any more")
    }

    @Test func `the moment alone holds a user back, and leaves what else is known`() throws {
        var here = user(.scheduled(due: Self.at(1)), reachedAt: Self.at(-20))
        here.record.failures = 2
        let next = told(here, UserStanding(record: user(.paused(nil), reachedAt: Self.at(-1)).record))
        #expect(next.record.failures == 2)
        #expect(next.record.reachedAt == Self.at(-1))
        #expect(try #require(next.state.due) >= Self.at(5))
    }

    @Test func `an operator's pause here outlasts what another store tells`() {
        for state in [UserState.paused(nil), .paused(PauseEnd(until: Self.at(50), due: Self.at(60)))] {
            let next = told(
                user(state), UserStanding(user(.scheduled(due: Self.at(3)), reachedAt: Self.at(-1))), bringsToken: true)
            #expect(next.state.kind == .paused)
        }
    }

    @Test func `a user parked for a token that is replaced stands as it did with that token`() {
        let parked = user(.parked(.unauthorized, since: Self.at(-1)), reachedAt: Self.at(-30))
        let scheduled = UserStanding(user(.scheduled(due: Self.at(9)), reachedAt: Self.at(-40)))
        #expect(told(parked, scheduled) == parked, "the same token")
        #expect(told(parked, scheduled, bringsToken: true).state == .scheduled(due: Self.at(9)))
        let forbidden = UserStanding(user(.parked(.forbidden, since: Self.at(-50)), reachedAt: Self.at(-60)))
        #expect(
            told(parked, forbidden, bringsToken: true).state == .parked(.forbidden, since: Self.at(-50)),
            "that token is known to be no better")
        let unknown = UserStanding(record: User.Record(slot: Self.noon))
        #expect(told(parked, unknown, bringsToken: true).state.kind == .scheduled)
    }

    // MARK: Whatever is told

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `whoever tells what, nobody is called sooner than the rules allow`(seed: UInt64) throws {
        var arbitrary = Arbitrary(seed: seed)
        for _ in 0..<40 {
            let (policy, now) = (arbitrary.policy(), arbitrary.moment())
            let here = NextStep.reanchored(arbitrary.user(now: now), policy: policy, now: now)
            var there = arbitrary.user(now: now)
            if arbitrary.chance(1, in: 2) {
                there.record.lastAttempt = User.LastAttempt(
                    at: now.advanced(by: .zero - arbitrary.duration(.zero, .days(3))), outcome: .unavailable,
                    httpStatus: nil, reason: nil)
            }
            let standing = UserStanding(
                place: there.place, state: arbitrary.chance(1, in: 5) ? nil : there.state, record: there.record)
            let fresh = NextStep.added(here.id, at: there.place, group: nil, policy: policy, now: now)
            let arrived = NextStep.arrived(fresh, as: standing, policy: policy, now: now)
            let bringsToken = arbitrary.chance(1, in: 2)
            let told = NextStep.told(here, of: standing, bringsToken: bringsToken, policy: policy, now: now)
            #expect(arrived.record.reachedAt == there.record.reachedAt)
            #expect(
                told.record.reachedAt == [here, there].compactMap(\.record.reachedAt).max(),
                "the minimum interval counts from the latest call that anybody knows of")
            for next in [arrived, told] {
                guard let due = next.state.due else { continue }
                let moment = max(due, now)
                #expect(NextStep.earliest(for: next, now: moment, policy: policy) == moment)
            }
            if let state = standing.state {
                #expect(arrived.state.kind == state.kind)
                if state.kind != .paused, let due = state.due, due <= now.advanced(by: .hours(1)) {
                    #expect(try #require(arrived.state.due) >= due)
                }
            }
            let again = NextStep.told(told, of: standing, bringsToken: false, policy: policy, now: now)
            #expect(again == told)
        }
    }
}
