import RefreshDaemon

@testable import RefreshCore

/// The rules that a scenario's configuration draws.
extension Scenario {
    static func policy(every: Duration, _ dice: inout Dice) -> UserPolicy {
        let asked = Int((Double(86_400_000_000) / Double(every.wholeMicroseconds)).rounded(.up))
        let firstFailure = dice.pick([.minutes(10), every / 4, every / 2])
        let firstOutage = dice.span(.seconds(5)...(.seconds(60)))
        return UserPolicy(
            cadence: Cadence(every: every),
            minimumInterval: dice.pick([every / 12, every / 4, every / 3, every / 2, every * 3 / 4, every]),
            attemptsPerDay: asked + dice.pick([0, 1, 3, 20]),
            failureBackoff: Backoff(
                first: firstFailure, ceiling: max(firstFailure, dice.pick([every, every * 2])), jitter: .upperHalf),
            outageBackoff: Backoff(
                first: firstOutage, ceiling: dice.span(.minutes(2)...(.hours(1))), jitter: .full),
            outageTriesPerSlot: dice.number(1...5),
            longestRetryAfter: dice.pick([.minutes(30), .hours(2), .hours(12)]),
            serverErrors: dice.chance(25) ? .soon : .minimumInterval)
    }

    static func policies(every: Duration, groups: [GroupName?], _ dice: inout Dice) -> Policies {
        var policies = Policies(standard: policy(every: every, &dice))
        for group in groups.compactMap({ $0 }) {
            policies.groups[group] = policy(every: dice.pick([every / 2, every, every * 2]), &dice)
        }
        return policies
    }

    /// Limits that leave room for every user thrice over; what is less could starve by arithmetic alone.
    static func admission(users: Int, every: Duration, _ dice: inout Dice) -> Admission.Policy {
        let needed = Double(users) / (Double(every.wholeMicroseconds) / 2_000_000)
        let rate = max(0.05, needed * Double(dice.pick([3, 5, 20, 100])))
        let crowd = Int((needed * 3 * 3).rounded(.up))
        return Admission.Policy(
            requestsPerSecond: rate,
            burst: dice.number(1...30),
            concurrency: .fixed(max(crowd, dice.pick([4, 8, 32, 64])) + Poison.allCases.count),
            breaker: Breaker.Policy(
                window: dice.span(.seconds(20)...(.minutes(5))),
                failureRate: dice.pick([0.3, 0.5, 0.9]),
                minimumCalls: dice.number(3...20),
                firstPause: dice.span(.seconds(5)...(.seconds(60))),
                longestPause: dice.span(.minutes(2)...(.minutes(15))),
                probes: dice.number(1...4)))
    }

    static func settings(users: Int, every: Duration, groups: [GroupName?], _ dice: inout Dice) -> DaemonSettings {
        DaemonSettings(
            policies: policies(every: every, groups: groups, &dice),
            admission: admission(users: users, every: every, &dice),
            drain: dice.span(.seconds(1)...(.seconds(60))))
    }
}
