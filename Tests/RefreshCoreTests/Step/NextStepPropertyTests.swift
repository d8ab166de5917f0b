import RefreshCore
import Testing

/// What holds after any outcome, for any user under any rules.
struct NextStepPropertyTests {
    @Test(arguments: 0..<100 as Range<UInt64>)
    func `keeps every promise, whatever the call brought`(seed: UInt64) {
        var arbitrary = Arbitrary(seed: seed)
        var outcomes = Arbitrary.outcomes
        for _ in 0..<40 {
            outcomes.shuffle(using: &arbitrary.random)
            for outcome in outcomes.prefix(6) + [arbitrary.outcome()] {
                let policy = arbitrary.policy()
                let now = arbitrary.moment()
                let user = arbitrary.user(now: now)
                let attempt = arbitrary.attempt(outcome, endedAt: now)
                let areRare = arbitrary.chance(1, in: 2)
                let next = NextStep.after(
                    attempt, of: user, under: policy, areRefusalsRare: areRare, using: &arbitrary.random)
                let broken =
                    Promises(user: user, attempt: attempt, policy: policy, next: next, areRefusalsRare: areRare).broken
                #expect(broken.isEmpty, "\(outcome), \(user), \(policy), \(next)")
            }
        }
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `keeps them over a long life of one user`(seed: UInt64) {
        var arbitrary = Arbitrary(seed: seed)
        let policy = arbitrary.policy()
        var now = arbitrary.moment()
        var user = NextStep.added(Arbitrary.id, at: arbitrary.place(), group: nil, policy: policy, now: now)
        var reached: [Timestamp] = []
        for _ in 0..<300 {
            guard let due = user.state.due else {
                now = now.advanced(by: arbitrary.duration(.zero, .days(2)))
                user = NextStep.resumed(user, policy: policy, now: now)
                continue
            }
            now = max(now, due).advanced(by: arbitrary.duration(.zero, .minutes(3)))
            let outcome = arbitrary.chance(1, in: 2) ? .refreshed : arbitrary.outcome()
            let attempt = arbitrary.attempt(outcome, endedAt: now)
            let next = NextStep.after(attempt, of: user, under: policy, using: &arbitrary.random)
            let broken = Promises(user: user, attempt: attempt, policy: policy, next: next).broken
            #expect(broken.isEmpty, "\(outcome), \(user), \(policy), \(next)")
            if outcome.mayHaveReachedBank(under: policy) { reached.append(now) }
            user = next
        }
        let gaps = zip(reached, reached.dropFirst()).map { $0.duration(to: $1) }
        #expect(gaps.allSatisfy { $0 >= policy.minimumInterval })
        let perDay = Dictionary(grouping: reached, by: \.day).mapValues(\.count)
        // A call that was due before midnight may end after it: it is charged to the day it ended.
        #expect(perDay.values.allSatisfy { $0 <= policy.attemptsPerDay + 1 })
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `is decided by its arguments alone`(seed: UInt64) {
        var arbitrary = Arbitrary(seed: seed)
        for outcome in Arbitrary.outcomes {
            let now = arbitrary.moment()
            let user = arbitrary.user(now: now)
            let attempt = arbitrary.attempt(outcome, endedAt: now)
            let policy = arbitrary.policy()
            var one = SplitMix64(seed: seed)
            var other = SplitMix64(seed: seed)
            #expect(
                NextStep.after(attempt, of: user, under: policy, using: &one)
                    == NextStep.after(attempt, of: user, under: policy, using: &other)
            )
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `holds nothing against a user whose token was replaced meanwhile`(seed: UInt64) {
        var arbitrary = Arbitrary(seed: seed)
        let now = arbitrary.moment()
        let user = arbitrary.user(now: now)
        let next = NextStep.noting(arbitrary.attempt(.unauthorized, endedAt: now), of: user)
        #expect(next.record.lastAttempt?.outcome == .unauthorized)
        var expected = user
        expected.record.lastAttempt = next.record.lastAttempt
        #expect(next == expected)
    }
}
