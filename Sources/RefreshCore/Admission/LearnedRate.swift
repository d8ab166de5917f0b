/// How many calls a second the API lets through, found out from its refusals (429, 503) while calling.
///
/// Refusals of several users close together cut the rate by the share of calls that were refused, and from then on
/// calls begin one by one. From there the rate is raised round by round, in steps that grow, until calls are refused
/// again; then halfway between what passes and what does not, until both are close. There it stays, and tries a little
/// more after a while: a longer one each time that the limit proves to stand.
///
/// Where nobody passes any more, the API keeps a quota for a stretch of time: then the rate is what passed from one such
/// stretch to the next, and a round is about as long.
package struct LearnedRate: Sendable {
    /// What the operator is told, once a change.
    package enum Change: Equatable, Sendable {
        /// About so many calls a second pass.
        case found(Double)
        /// No limit is met any more; it was this.
        case gone(Double)
    }

    private struct Round {
        var began: Timestamp
        /// The number of the latest call before it.
        let number: Int
        var calls = 0
        var refused = 0
    }

    private struct Refusal {
        let user: Place
        let number: Int
    }

    /// Calls a second; nil while no limit is known.
    package private(set) var value: Double?
    /// The most that the configuration allows.
    private var most: Double
    private(set) var calls = CallSequence()
    private var round: Round
    private var cycle: QuotaCycle
    /// How long a round lasts at least.
    private var span = shortestRound
    /// The latest refusals, each of another user, since the last change.
    private var refusals: [Refusal] = []
    private var passing = PassingCalls()
    /// The highest rate that went well since the last cut, and the lowest above it that did not.
    private var calm: Double?
    private var refused: Double?
    /// Until when nothing above `calm` is tried.
    private var ceilingUntil: Timestamp?
    private var lastCeiling = 0.0
    private var patience = firstPatience
    private var step = firstStep
    /// What the operator knows, and since when.
    private var told: (rate: Double, at: Timestamp)?
    private var freeSince: Timestamp
    /// Before the cuts since a round last went well.
    private var beforeCuts: Double??

    /// Refusals among so many calls are close together.
    private static let close = 30
    private static let leastCalls = 20
    /// In a round of so many calls at least a small share of refusals is no chance.
    private static let telling = 60
    private static let shortestRound = Duration.seconds(3)
    private static let longestRound = Duration.minutes(15)
    private static let firstStep = 0.04
    private static let largestStep = 0.5
    private static let largestQuotaStep = 0.1
    private static let firstPatience = 1
    private static let longestPatience = 4
    /// What passes and what does not are close enough at this ratio.
    private static let closeness = 1.06
    /// For so long no limit is met until it is taken for gone.
    private static let farewell = Duration.minutes(5)
    /// A change is told when it is as large as this ratio, and no more often.
    private static let news = 1.5
    private static let quiet = Duration.hours(1)

    package init(most: Double, now: Timestamp) {
        self.most = most
        round = Round(began: now, number: 0)
        cycle = QuotaCycle(began: now)
        freeSince = now
    }

    mutating func configure(most: Double, now: Timestamp) {
        guard most != self.most else { return }
        self.most = most
        if let value, value >= most { set(nil, now) }
    }

    /// Takes note of calls that begin; the number of the last one.
    mutating func began(_ count: Int, now: Timestamp) -> Int {
        round.calls += count
        cycle.count(count)
        return calls.began(count, now: now)
    }

    mutating func cancelled(_ count: Int, of number: Int) {
        calls.withdraw(count, of: number)
        if number > round.number { round.calls -= count }
        cycle.count(-count)
    }

    /// Takes note of a call that tells nothing of who passes.
    mutating func failed(number: Int) {
        calls.withdraw(1, of: number)
    }

    /// Takes note that more calls would begin, were they let.
    mutating func isHeld(byRate: Bool, now: Timestamp) -> Change? {
        cycle.isHeld(now: now)
        if let usedUp = cycle.usedUp, passing.havePassed(after: usedUp.number, of: calls, now: now) { endCycle(now) }
        return byRate ? endRound(now) : nil
    }

    mutating func isNotHeld(now: Timestamp) {
        cycle.isNotHeld(now: now)
    }

    /// A round counts from here: what went before was no measure.
    mutating func beginRound(now: Timestamp) {
        round = Round(began: now, number: round.number)
    }

    // MARK: What calls tell

    /// Takes note of a refusal, `isAnew` unless the user was refused before; `users` of them close together are a sign.
    mutating func wasRefused(_ call: EndedCall, number: Int, users: Int, isAnew: Bool, now: Timestamp) {
        cycle.count(-1)
        passing.wasRefused(number: number, after: call.latency)
        // What began before the last change says nothing of it.
        guard isAnew, number > round.number else { return }
        round.refused += 1
        refusals.removeAll { $0.user == call.user || calls.count(after: $0.number) >= Self.close }
        refusals.append(Refusal(user: call.user, number: number))
        if refusals.count >= max(1, users) { cut(now) }
    }

    /// Whether a call that began after this number has passed.
    func havePassed(after number: Int, now: Timestamp) -> Bool {
        passing.havePassed(after: number, of: calls, now: now)
    }

    /// Takes note of a call that was let through.
    mutating func passed(number: Int, now: Timestamp) {
        if let usedUp = cycle.usedUp, number > usedUp.number { endCycle(now) }
    }

    /// Takes note that nobody passes: a quota is used up.
    mutating func wasUsedUp(now: Timestamp) {
        cycle.useUp(now: now, number: calls.latest)
        beginRound(now: now)
    }

    /// Takes the last cuts back: what was refused failed for another reason.
    mutating func takeBack(now: Timestamp) {
        guard let before = beforeCuts else { return }
        calm = nil
        refused = nil
        ceilingUntil = nil
        set(before, now)
        beforeCuts = nil
    }

    private mutating func endCycle(_ now: Timestamp) {
        guard let usedUp = cycle.usedUp else { return }
        let late = calls.count(after: usedUp.number)
        // After a short wait what was calm is known better than what passed on the average.
        if let result = cycle.end(late: late, now: now), calm == nil || result.wait * 4 > result.length {
            let known = span > Self.shortestRound ? span : Self.longestRound
            span = min(known, max(Self.shortestRound, min(result.length, result.wait * 10)))
            calm = nil
            refused = nil
            ceilingUntil = nil
            step = Self.firstStep
            set(Double(result.passed) / result.length.inSeconds * 0.95, now)
        }
        cycle = QuotaCycle(began: now)
        cycle.count(late)
    }

    private mutating func cut(_ now: Timestamp) {
        if beforeCuts == nil { beforeCuts = .some(value) }
        step = Self.firstStep
        guard let value else {
            // It may be enough that they begin one by one.
            if let calm { stayBelow(calm, now) }
            return set(calm ?? max(calls.pace(ofLatest: Self.close, now: now) * 0.9, most / 2), now)
        }
        guard let calm, calm >= value * 0.6 else {
            let judged = max(refusals.count, calls.count(after: refusals.first?.number ?? calls.latest) + 1)
            let share = Double(refusals.count) / Double(judged)
            self.calm = nil
            refused = value
            return set(min(value, calls.pace(ofLatest: Self.close, now: now)) * min(0.9, max(0.5, 1 - share)), now)
        }
        guard calm < value else {
            self.calm = nil
            refused = nil
            return set(value * 0.95, now)
        }
        refused = value
        if value <= calm * Self.closeness { stayBelow(calm, now) }
        set(calm, now)
    }

    // MARK: Rounds

    private mutating func endRound(_ now: Timestamp) -> Change? {
        let length = round.began.duration(to: now)
        if length < .zero { beginRound(now: now) }
        guard let value else { return sayFarewell(now) }
        guard length >= span, round.calls >= Self.leastCalls, Double(round.calls) >= 0.7 * value * length.inSeconds
        else { return nil }
        let share = Double(round.refused) / Double(round.calls)
        if share > 0.02 {
            guard round.calls >= Self.telling else { return nil }
            if share > 0.03 { cut(now) } else { beginRound(now: now) }
            return nil
        }
        calm = value
        beforeCuts = nil
        if let until = ceilingUntil {
            if now < until, now.duration(to: until) < .days(1) {
                beginRound(now: now)
                return tell(value, now)
            }
            ceilingUntil = nil
            refused = nil
        }
        let news = span > Self.shortestRound ? tell(value, now) : nil
        if let refused, refused > value {
            if refused > value * Self.closeness {
                set((value + refused) / 2, now)
                return news
            }
            stayBelow(value, now)
            beginRound(now: now)
            return tell(value, now) ?? news
        }
        raise(from: value, now)
        return news
    }

    private mutating func raise(from value: Double, _ now: Timestamp) {
        if value > lastCeiling * 1.1 {
            // More passes than ever was refused: that limit, or quota, is gone.
            patience = Self.firstPatience
            span = Self.shortestRound
        }
        set(value >= most ? nil : min(most, value * (1 + step)), now)
        step = min(step * 2, span > Self.shortestRound ? Self.largestQuotaStep : Self.largestStep)
    }

    private mutating func stayBelow(_ calm: Double, _ now: Timestamp) {
        let isSameAsBefore = abs(calm - lastCeiling) <= lastCeiling * 0.1
        patience = isSameAsBefore ? min(patience * 2, Self.longestPatience) : Self.firstPatience
        lastCeiling = calm
        // So long that what a trial costs is no more than a hundredth of the calls.
        let calls = Duration.seconds(min(300 / calm, 86_400))
        ceilingUntil = now.advanced(
            by: max(.minutes(1), calls, span > Self.shortestRound ? span * 2 : .zero) * patience)
    }

    private mutating func sayFarewell(_ now: Timestamp) -> Change? {
        guard let told, freeSince.duration(to: now) >= Self.farewell else { return nil }
        self.told = nil
        return .gone(told.rate)
    }

    private mutating func tell(_ value: Double, _ now: Timestamp) -> Change? {
        if let told {
            let isLike = max(told.rate, value) < min(told.rate, value) * Self.news
            if isLike || told.at.duration(to: now) < Self.quiet { return nil }
        }
        told = (value, now)
        return .found(value)
    }

    private mutating func set(_ rate: Double?, _ now: Timestamp) {
        if rate == nil { freeSince = now }
        value = rate.map { min(most, max($0, most / 1_000)) }
        refusals = []
        round = Round(began: now, number: calls.latest)
    }
}
