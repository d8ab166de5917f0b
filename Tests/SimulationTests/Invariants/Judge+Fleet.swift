import RefreshCore
import RefreshDaemon
import TestSupport

/// What the fleet as a whole may do.
extension Judge {
    /// 10. While nothing gets through, the fleet makes the calls that open the breaker and then its probes alone.
    func outagesCostOnlyProbes() -> [Violation] {
        scenario.weather.phases.compactMap { phase in
            guard case .outage = phase.kind else { return nil }
            let made = calls.count { $0.began >= phase.from && $0.began < phase.until }
            let most = callsAllowed(in: phase)
            guard made > most else { return nil }
            return Violation(
                10, "\(made) calls in the outage from \(phase.from) to \(phase.until); \(most) would be plausible")
        }
    }

    private func callsAllowed(in phase: Weather.Phase) -> Int {
        let policies = settings(from: phase.from - .seconds(5), until: phase.until).map(\.admission)
        let lives = 1 + facts.lives.count { $0.began.uptime >= phase.from && $0.began.uptime < phase.until }
        let steps = facts.steps.count { $0.at.uptime >= phase.from && $0.at.uptime < phase.until }
        let concurrency = policies.map(\.concurrency.max).max() ?? 0
        let minimum = policies.map(\.breaker.minimumCalls).max() ?? 0
        let probes = policies.map(\.breaker.probes).max() ?? 0
        // Each life learns anew; what is under way when the breaker opens, and what a success under way hid, adds.
        let opening = minimum + 2 * concurrency
        var rounds = 0
        for policy in policies {
            let backoff = Backoff(
                first: policy.breaker.firstPause, ceiling: policy.breaker.longestPause, jitter: .upperHalf)
            var spent = Duration.zero
            var count = 0
            while spent < phase.until - phase.from {
                count += 1
                spent += backoff.delay(count) / 2
            }
            rounds = max(rounds, count)
        }
        return lives * (opening + 8 * probes) + (rounds + steps + 1) * (probes + 1)
    }

    /// Never more calls at once than allowed, never more in a while than rate and burst let through.
    func theLimitsHold() -> [Violation] {
        concurrencyHolds() + rateHolds()
    }

    private func concurrencyHolds() -> [Violation] {
        let edges = calls.flatMap { call in
            [(at: call.began, order: call.order, change: 1), (at: call.end, order: -1, change: -1)]
        }.sorted { ($0.at, $0.order) < ($1.at, $1.order) }
        var underWay = 0
        for edge in edges {
            underWay += edge.change
            guard edge.change > 0 else { continue }
            let limit =
                settings(from: edge.at - .minutes(1), until: edge.at).map(\.admission.concurrency.max).max() ?? 0
            if underWay > limit { return [Violation(11, "\(underWay) calls at once at \(edge.at); \(limit) allowed")] }
        }
        return []
    }

    /// A bucket of our own on the steady clock; filled anew where the daemon could not know better.
    private func rateHolds() -> [Violation] {
        let delay = scenario.storeManners.longest * 3
        var interruptions = facts.lives.map(\.began.uptime) + facts.settings.map(\.from.uptime)
        interruptions += facts.steps.map(\.at.uptime) + facts.suspends.map { $0.at.uptime + $0.duration }
        interruptions.sort()
        var nextInterruption = 0
        var tokens = 0.0
        var filled = Duration.zero
        for call in calls {
            let policies = settings(from: call.began - .seconds(10), until: call.began).map(\.admission)
            let rate = policies.map(\.requestsPerSecond).max() ?? 0
            let burst = Double(policies.map(\.burst).max() ?? 0)
            let capacity = burst + rate * (delay / .seconds(1)) + 1
            tokens = max(tokens, min(capacity, tokens + rate * ((call.began - filled) / .seconds(1))))
            while nextInterruption < interruptions.count, interruptions[nextInterruption] <= call.began {
                // What was let in before and not yet made comes on top.
                tokens = 2 * capacity
                nextInterruption += 1
            }
            filled = call.began
            tokens -= 1
            if tokens < -0.01 {
                return [Violation(11, "calls come faster than \(rate)/s with a burst of \(burst) at \(call.began)")]
            }
        }
        return []
    }

    /// No more calls a day than the budget, forced ones apart; told only where the calendar never jumped.
    func theBudgetHolds() -> [Violation] {
        guard facts.steps.isEmpty else { return [] }
        return callsByUser.flatMap { user, calls -> [Violation] in
            if let first = calls.first, let last = calls.last, wasRemoved(between: first, and: last) { return [] }
            let budget =
                policies(of: user, from: .zero, until: .seconds(Int64.max / 2)).map(\.attemptsPerDay).max() ?? 0
            let counted = calls.filter { mayHaveReachedBank($0) && !isManual($0, force: true) }
            return Dictionary(grouping: counted.compactMap { $0.endCalendar?.day }) { $0 }.compactMap { day, calls in
                guard calls.count > budget else { return nil }
                return Violation(12, "\(user) is called \(calls.count) times in a day; \(budget) are allowed")
            }
        }
    }
}
