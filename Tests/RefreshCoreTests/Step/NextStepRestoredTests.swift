import Testing

@testable import RefreshCore

/// What the rules make of a store that came from a backup.
struct NextStepRestoredTests {
    private static let noon = Timestamp(secondsSinceEpoch: 1_800_014_400)  // 2027-01-15T12:00:00Z

    private func user(day: Int64, attempts: Int, reachedAt: Timestamp, due: Timestamp) -> User {
        var record = User.Record(slot: due)
        (record.reachedAt, record.day, record.attemptsToday) = (reachedAt, day, attempts)
        return User(
            id: Arbitrary.id, place: Place(of: Arbitrary.id, seed: 1), state: .scheduled(due: due), record: record)
    }

    @Test(arguments: [
        // Hours between backup and restore, attempts known of that day, attempts counted.
        (1, 0, 1), (1, 2, 3), (5, 0, 1), (6, 0, 2), (11, 1, 3), (12, 0, 3), (12, 3, 4), (48, 0, 3), (48, 4, 4),
        (48, 5, 5),
    ])
    func `charges the day with as many calls as the interval allowed since the backup`(
        hours: Int64, known: Int, counted: Int
    ) {
        let restoration = StoreRestoration(takenAt: Self.noon.advanced(by: .hours(-hours)), restoredAt: Self.noon)
        let policy = UserPolicy(minimumInterval: .hours(6), attemptsPerDay: 4)
        let before = user(
            day: Self.noon.day, attempts: known, reachedAt: Self.noon, due: Self.noon.advanced(by: .hours(-1)))
        let next = NextStep.restored(before, after: restoration, policy: policy, now: Self.noon)
        #expect(next.record.attemptsToday == counted)
        #expect(next.record.day == Self.noon.day)
        #expect(next.record.reachedAt == Self.noon)
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `calls nobody before the interval after the restore is over`(seed: UInt64) throws {
        var arbitrary = Arbitrary(seed: seed)
        for _ in 0..<40 {
            let policy = arbitrary.policy()
            let now = arbitrary.moment()
            let restoredAt = now.advanced(by: .zero - arbitrary.duration(.zero, .minutes(5)))
            let restoration = StoreRestoration(
                takenAt: restoredAt.advanced(by: .zero - arbitrary.duration(.zero, .days(40))), restoredAt: restoredAt)
            var held = arbitrary.user(now: restoredAt)
            held.record.reachedAt = max(restoredAt, held.record.reachedAt ?? restoredAt)
            let next = NextStep.restored(held, after: restoration, policy: policy, now: now)
            #expect(next.state.kind == held.state.kind)
            #expect((next.state.due == nil) == (held.state.due == nil))
            guard let due = next.state.due else { continue }
            #expect(due >= restoredAt.advanced(by: policy.minimumInterval))
            #expect(NextStep.earliest(for: next, now: due, policy: policy) == due)
        }
    }

    @Test func `leaves alone whom it knows to have been called since`() {
        let restoration = StoreRestoration(takenAt: Self.noon.advanced(by: .days(-1)), restoredAt: Self.noon)
        let later = user(
            day: Self.noon.day, attempts: 1, reachedAt: Self.noon.advanced(by: .seconds(1)), due: Self.noon)
        let now = Self.noon.advanced(by: .hours(8))
        #expect(NextStep.restored(later, after: restoration, policy: UserPolicy(), now: now) == later)
    }

    @Test func `a reason tells of the restore where it was the restore's`() {
        let restoration = StoreRestoration(takenAt: Self.noon, restoredAt: Self.noon)
        #expect(StoreRestoration.parkNote(in: "refused; \(restoration.parkNote)") == restoration.parkNote[...])
        for reason in [nil, "", "the token is invalid", "the store was restored"] as [String?] {
            #expect(StoreRestoration.parkNote(in: reason) == nil)
        }
    }

    @Test func `puts at risk whose token was stored before the restore, or nobody knows when`() {
        let restoration = StoreRestoration(takenAt: Self.noon.advanced(by: .hours(-9)), restoredAt: Self.noon)
        var user = user(day: 0, attempts: 0, reachedAt: Self.noon, due: Self.noon)
        for (issuedAt, isAtRisk) in [(nil, true), (Self.noon, true), (Self.noon.advanced(by: .seconds(1)), false)] {
            user.renewal.issuedAt = issuedAt
            #expect(restoration.putsAtRisk(user) == isAtRisk)
        }
    }
}
