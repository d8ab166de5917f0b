/// How many calls may be in flight, measured while calling.
///
/// It rises in small steps while the API keeps up, and drops by a share when the API refuses, times out or slows down.
///
/// There is one decision per round. A round consists of calls under the current limit: calls in flight when the limit
/// changed are skipped, then half as many as it allows, and at least 20, are judged. A round lasts a round trip or two
/// at any latency, needs no clock, and cuts once per overload. The limit rises only if it held calls back. If a raise
/// led to refusals, the limit stays below that value longer each time.
package struct ConcurrencyLimit: Sendable {
    package struct Policy: Equatable, Sendable {
        /// 1 or more.
        package var min: Int
        /// Not less than `min`; if they are equal, the limit is fixed.
        package var max: Int

        /// With calls of 20 s, 256 make a million a day and 4 still 17,000; the breaker handles anything worse.
        package init(min: Int = 4, max: Int = 256) {
            self.min = min
            self.max = max
        }

        package static func fixed(_ count: Int) -> Policy { Policy(min: count, max: count) }
    }

    /// What a completed call says about the API's load.
    package enum Signal: Sendable {
        /// The API did its work in this time.
        case worked(Duration)
        /// The API answered without doing the work; the latency says nothing.
        case answered(Duration)
        /// Refused, failed or not answered in time.
        case refused(Duration)
    }

    /// Figures of the calls of one round.
    private struct Round {
        /// Calls under the previous limit that have not ended.
        ///
        /// They are skipped by count: judging only calls that began later would favour quick ones.
        var unsettled = 0
        var calls = 0
        var refused = 0
        /// Total duration in seconds of all calls, and of refused calls.
        var time = 0.0
        var refusedTime = 0.0
        var latencies = LatencyBaseline.Sample()
        var peak = 0
        var heldBack = false
    }

    /// The first of consecutive slow rounds.
    private struct Slowness {
        let limit: Double
        let peak: Int
        let latency: Double
    }

    package private(set) var policy: Policy
    /// Counts the limits so far, to recognise calls under an earlier limit.
    private(set) var generation = 0
    private var limit: Double
    private var round = Round()
    private var baseline = LatencyBaseline()
    private var slowness: Slowness?
    /// Whether the limit was ever cut; until then, it doubles.
    private var metResistance = false
    private var calmRounds = 0
    /// The highest limit since the last cut that held calls back and was calm.
    private var calmLimit: Double?
    /// A limit above which calls were refused; not exceeded for `patience` rounds.
    private var ceiling: Double?
    private var lastCeiling = 0.0
    private var patience = firstPatience
    private var roundsSinceCeiling = 0

    private static let start = 16.0
    private static let firstPatience = 24
    private static let longestPatience = 96

    package init(policy: Policy) {
        self.policy = policy
        limit = 0
        limit = clamped(Self.start)
    }

    /// Calls that may be in flight; 1 or more.
    package var value: Int { max(1, Int(limit)) }

    package mutating func configure(_ policy: Policy) {
        guard policy != self.policy else { return }
        self.policy = policy
        set(limit, 0)
    }

    /// Records a call that ended; `inFlight` still includes it.
    package mutating func ended(_ signal: Signal, generation: Int, inFlight: Int) {
        guard policy.min < policy.max else { return }
        round.peak = max(round.peak, inFlight)
        if inFlight >= value { round.heldBack = true }
        if case .refused(let latency) = signal {
            guard generation == self.generation else { return }
            round.calls += 1
            round.time += latency.inSeconds
            round.refusedTime += latency.inSeconds
            round.refused += 1
            // A stray refusal among many calls is no sign of load.
            if round.refused >= max(3, Int((limit / 16).rounded(.up))) { return cutForRefusals(inFlight - 1) }
        } else if round.unsettled > 0 {
            round.unsettled -= 1
        } else {
            round.calls += 1
            switch signal {
            case .worked(let latency):
                round.time += latency.inSeconds
                round.latencies.add(latency)
            case .answered(let latency), .refused(let latency):
                round.time += latency.inSeconds
            }
        }
        guard round.calls >= max(20, value / 2) else { return }
        if baseline.isExceeded(by: round.latencies) { cutForLatency(inFlight - 1) } else { endCalmRound(inFlight - 1) }
    }

    private mutating func endCalmRound(_ underWay: Int) {
        baseline.learn(round.latencies, underLoad: round.heldBack)
        slowness = nil
        guard round.heldBack else {
            round = Round()
            return
        }
        calmLimit = max(calmLimit ?? 0, limit)
        calmRounds += 1
        if limit > lastCeiling * 1.1 { patience = Self.firstPatience }
        guard metResistance else { return set(limit * 2, underWay) }
        roundsSinceCeiling += 1
        if ceiling != nil, roundsSinceCeiling >= patience {
            ceiling = nil
            calmRounds = 0
        }
        if let ceiling, limit >= ceiling {
            round = Round()
            return
        }
        // The longer the calm, the larger the step: new capacity is found soon, and a known limit is approached gently.
        let step = min(max(1, limit.squareRoot()), Double(calmRounds))
        set(min(limit + step, ceiling ?? .infinity), underWay)
    }

    private mutating func cutForRefusals(_ underWay: Int) {
        let refusedShare = round.time > 0 ? round.refusedTime / round.time : 0
        var next = usedLimit * min(0.9, max(0.5, 1 - refusedShare))
        ceiling = nil
        if let calmLimit {
            if calmLimit >= limit * 0.9 {
                // A slightly lower limit was calm: return to it, and do not exceed it for a while.
                let isSameAsBefore = calmLimit <= lastCeiling * 1.1
                patience = isSameAsBefore ? min(patience * 2, Self.longestPatience) : Self.firstPatience
                ceiling = calmLimit
                lastCeiling = calmLimit
                roundsSinceCeiling = 0
                next = min(calmLimit, limit * 0.9)
            } else {
                next = min(usedLimit * 0.9, calmLimit)
            }
        }
        cut(to: next, underWay)
    }

    /// Records a throttling pause that begins with a call that ended; `inFlight` still includes that call.
    ///
    /// Unless a slightly lower limit is known to be calm, this cuts deeper than refusals do: each one costs a pause.
    package mutating func fleetThrottled(inFlight: Int) {
        guard policy.min < policy.max else { return }
        round.peak = max(round.peak, inFlight)
        if let calmLimit, calmLimit >= limit * 0.9 { return cutForRefusals(inFlight - 1) }
        ceiling = nil
        cut(to: usedLimit / 2, inFlight - 1)
    }

    private mutating func cutForLatency(_ underWay: Int) {
        let sample = round.latencies
        if let slowness, sample.mean >= slowness.latency * 0.75,
            Double(round.peak) <= Double(slowness.peak) * 0.6 || value <= policy.min
        {
            // Far fewer calls are no faster, so load is not the cause: the work itself takes longer.
            baseline.replace(with: sample)
            self.slowness = nil
            calmRounds = 0
            return set(slowness.limit, underWay)
        }
        slowness = slowness ?? Slowness(limit: limit, peak: round.peak, latency: sample.mean)
        cut(to: usedLimit * min(0.9, max(0.5, 0.9 * baseline.remedy(for: sample))), underWay)
    }

    /// The limit, or less if calls never reached it: cutting an unused limit has no effect.
    private var usedLimit: Double { min(limit, Double(2 * max(1, round.peak))) }

    private mutating func cut(to next: Double, _ underWay: Int) {
        metResistance = true
        calmRounds = 0
        calmLimit = nil
        set(next, underWay)
    }

    /// Begins a new round under a limit; calls under the old limit do not count.
    private mutating func set(_ next: Double, _ underWay: Int) {
        limit = clamped(next)
        generation += 1
        round = Round()
        round.unsettled = underWay
    }

    private func clamped(_ limit: Double) -> Double {
        let least = Double(max(1, policy.min))
        return min(max(limit, least), max(least, Double(policy.max)))
    }
}
