/// How many calls per second the API lets through, learned from its refusals (429, 503).
///
/// Refusals of several users close together cut the rate by the share of refused calls; from then on, calls start one
/// by one. The rate then rises round by round, in growing steps, until calls are refused again. Next it approaches the
/// middle between the rate that passes and the rate that does not. It stays there, and tries slightly more after a
/// while, which grows each time the limit is confirmed.
///
/// If as many calls are refused at a much lower rate, the cause is not the rate: the limit is dropped, and refusals are
/// ignored for a while. If no call passes at all, the API has a quota per period: the rate becomes what passed from one
/// such period to the next, and a round is about as long.
package struct LearnedRate: Sendable {
    /// What is reported to the operator, once per change.
    package enum Change: Equatable, Sendable {
        /// About this many calls per second pass.
        case found(Double)
        /// The limit is gone; it was this.
        case gone(Double)
    }

    private struct Round {
        var began: Timestamp
        /// The number of the latest call before it.
        let number: Int
        var calls = 0
        var refused = 0
        /// Whether the rate was not used before, so that only a longer round shows that it is used now.
        var isAfterDisuse = false
    }

    private struct Refusal {
        let user: Place
        let number: Int
    }

    private struct Cut {
        let at: Timestamp
        /// Calls per second that passed, and the share of calls that did not.
        let passed: Double
        let refused: Double
    }

    /// Calls per second; nil while no limit is known.
    package private(set) var value: Double?
    /// The highest rate that the configuration allows.
    private var most: Double
    private(set) var calls = CallSequence()
    private var round: Round
    private var cycle: QuotaCycle
    /// The minimum length of a round.
    private var span = shortestRound
    /// The latest refusals since the last change, one per user.
    private var refusals: [Refusal] = []
    private var passing = PassingCalls()
    /// The highest rate that passed since the last cut, and the lowest above it that did not.
    private var calm: Double?
    private var refused: Double?
    /// No rate above `calm` is tried before this time.
    private var ceilingUntil: Timestamp?
    private var lastCeiling = 0.0
    private var patience = firstPatience
    private var step = firstStep
    /// What was reported, and when a limit was last reported.
    private var told: Double?
    private var toldAt: Timestamp?
    private var freeSince: Timestamp
    /// The value before the first cut since the last calm round; nil if there was no cut.
    private var beforeCuts: Double??
    /// The recent cut at which the most calls passed.
    private var bestCut: Cut?
    /// Until when refusals are ignored, and for how long.
    private var deafUntil: Timestamp?
    private var deafness = Duration.zero
    private var lastQuota: QuotaCycle.Result?
    /// Whether the last two quotas were alike.
    private var isQuotaCertain = false

    /// Refusals within this number of calls are close together.
    private static let close = 30
    private static let leastCalls = 20
    /// In a round of at least this many calls, a small share of refusals is no coincidence.
    private static let telling = 60
    private static let shortestRound = Duration.seconds(3)
    private static let longestRound = Duration.minutes(10)
    /// After this time, fewer calls suffice.
    private static let longEnough = Duration.minutes(2)
    private static let firstStep = 0.04
    private static let largestStep = 1.0
    private static let largestQuotaStep = 0.2
    private static let firstPatience = 1
    private static let longestPatience = 4
    /// The ratio at which the rate that passes and the rate that does not are close enough.
    private static let closeness = 1.06
    /// The lowest rate that is learned, in calls per second.
    private static let least = 0.2
    /// After this time without a limit, it counts as gone.
    private static let farewell = Duration.minutes(5)
    private static let firstDeafness = Duration.minutes(10)
    private static let longestDeafness = Duration.hours(1)
    /// How long `bestCut` is remembered.
    private static let memory = Duration.minutes(15)
    /// A cycle of up to this length indicates a quota; a longer one does only if the previous one was alike.
    private static let quickQuota = Duration.minutes(15)
    private static let longestQuota = Duration.hours(2)
    /// The smallest ratio of a change that is reported, and the shortest time between two reports.
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

    /// Records calls that begin; returns the number of the last one.
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

    /// Records a call that says nothing about what passes.
    mutating func failed(number: Int) {
        calls.withdraw(1, of: number)
    }

    /// Records that more calls would begin if they were allowed.
    mutating func isHeld(byRate: Bool, now: Timestamp) -> Change? {
        cycle.isHeld(now: now)
        if let usedUp = cycle.usedUp, passing.havePassed(after: usedUp.number, of: calls, now: now) { endCycle(now) }
        return byRate ? endRound(now) : nil
    }

    mutating func isNotHeld(now: Timestamp) {
        cycle.isNotHeld(now: now)
    }

    /// Starts a new round, because earlier calls are no measure.
    mutating func beginRound(now: Timestamp) {
        round = Round(began: now, number: round.number)
    }

    /// The value once it was reported; until then it is a trial, because a few refusals may have another cause.
    package var found: Double? { told == nil ? nil : value }

    // MARK: What calls tell

    /// Records a refusal; refusals of `users` different users close together cut the rate.
    ///
    /// `isAnew` is false if the refusal says nothing about the rate, as when the user was refused before.
    mutating func wasRefused(_ call: EndedCall, number: Int, users: Int, isAnew: Bool, now: Timestamp) {
        cycle.count(-1)
        passing.wasRefused(number: number, after: call.latency)
        // A call that began before the last change says nothing about it.
        guard isAnew, number > round.number, !isDeaf(now) else { return }
        round.refused += 1
        refusals.removeAll { $0.user == call.user || calls.count(after: $0.number) >= Self.close }
        refusals.append(Refusal(user: call.user, number: number))
        if refusals.count >= max(1, users) { cut(now) }
    }

    /// Whether a call that began after this number has passed; also false if this is no longer known.
    func havePassed(after number: Int, now: Timestamp) -> Bool {
        passing.havePassed(after: number, of: calls, now: now)
    }

    /// Records a call that passed.
    mutating func passed(number: Int, now: Timestamp) {
        if let usedUp = cycle.usedUp, number > usedUp.number { endCycle(now) }
    }

    /// Records a pause that begins because no call passes: a quota is used up.
    mutating func wasUsedUp(isAsked: Bool, now: Timestamp) {
        cycle.useUp(now: now, number: calls.latest, isAsked: isAsked)
        beginRound(now: now)
    }

    /// Reverts the latest cuts, because the refusals had another cause.
    mutating func takeBack(now: Timestamp) {
        guard let before = beforeCuts else { return }
        calm = nil
        refused = nil
        ceilingUntil = nil
        set(before, now)
        beforeCuts = nil
    }

    private mutating func isDeaf(_ now: Timestamp) -> Bool {
        guard let until = deafUntil else { return false }
        if now < until, now.duration(to: until) <= Self.longestDeafness { return true }
        deafUntil = nil
        return false
    }

    private mutating func endCycle(_ now: Timestamp) {
        guard let usedUp = cycle.usedUp else { return }
        let late = calls.count(after: usedUp.number)
        if let result = cycle.end(late: late, now: now) { learn(result, now) }
        cycle = QuotaCycle(began: now)
        cycle.count(late)
    }

    private mutating func learn(_ quota: QuotaCycle.Result, _ now: Timestamp) {
        isQuotaCertain = lastQuota.map { quota.isLike($0) } ?? false
        lastQuota = quota
        guard quota.length <= (isQuotaCertain ? Self.longestQuota : Self.quickQuota) else { return }
        // After a short wait, the calm rate is known better than the average that passed.
        guard calm == nil || quota.wait * 4 > quota.length else { return }
        let known = span > Self.shortestRound ? span : isQuotaCertain ? Self.longestQuota : Self.longestRound
        span = min(known, max(Self.shortestRound, min(quota.length, quota.wait * 10)))
        let rate = Double(quota.passed) / quota.length.inSeconds * 0.95
        calm = nil
        refused = nil
        ceilingUntil = nil
        step = Self.firstStep
        lastCeiling = rate
        set(rate, now)
    }

    private mutating func cut(_ now: Timestamp) {
        let pace = min(value ?? most, calls.pace(ofLatest: Self.close, now: now))
        let judged = max(refusals.count, calls.count(after: refusals.first?.number ?? calls.latest) + 1)
        let share = Double(refusals.count) / Double(max(1, judged))
        let passing = 1 - share
        let cut = Cut(at: now, passed: pace * passing, refused: share)
        if let best = bestCut, now < best.at || best.at.duration(to: now) > Self.memory { bestCut = nil }
        if let best = bestCut, let value, value <= best.passed * 0.7, share <= best.refused * 1.5 + 0.05 {
            // A rate limit would let all of these calls pass.
            return becomeDeaf(now)
        }
        if cut.passed > bestCut?.passed ?? 0 { bestCut = cut }
        if beforeCuts == nil { beforeCuts = .some(value) }
        step = Self.firstStep
        guard let value else {
            // It may be enough that calls begin one by one.
            if let calm { stayBelow(calm, now) }
            return set(calm ?? max(pace * 0.9, most / 2), now)
        }
        guard pace >= 2 * Self.least else {
            // No API has so low a limit.
            refusals = []
            return beginRound(now: now)
        }
        guard let calm, calm >= value * 0.45 else {
            self.calm = nil
            refused = value
            return set(pace * min(0.9, max(0.5, passing)), now)
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
        let isUsed = Double(round.calls) >= 0.7 * value * length.inSeconds
        if !isUsed, length >= max(span, Self.longestRound) {
            // A night without calls must not count against the calls of the day.
            beginRound(now: now)
            round.isAfterDisuse = true
            return nil
        }
        let least = round.isAfterDisuse ? max(span, Self.longEnough) : span
        guard isUsed, length >= least, round.calls >= (length < Self.longEnough ? Self.leastCalls : 3) else {
            return nil
        }
        let share = Double(round.refused) / Double(round.calls)
        if share > 0.02 {
            guard round.calls >= Self.telling || length >= Self.longestRound else { return nil }
            if share > 0.025 { cut(now) } else { beginRound(now: now) }
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
        let news = span > Self.shortestRound && isQuotaCertain ? tell(value, now) : nil
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
        if value > lastCeiling * 1.1 { patience = Self.firstPatience }
        // Far more calls pass than the quota allowed: the quota is gone.
        if value > lastCeiling * 1.5 { span = Self.shortestRound }
        set(value >= most ? nil : min(most, value * (1 + step)), now)
        step = min(step * 2, span > Self.shortestRound ? Self.largestQuotaStep : Self.largestStep)
    }

    private mutating func becomeDeaf(_ now: Timestamp) {
        deafness = min(max(Self.firstDeafness, deafness * 2), Self.longestDeafness)
        deafUntil = now.advanced(by: deafness)
        bestCut = nil
        calm = nil
        refused = nil
        ceilingUntil = nil
        set(nil, now)
        beforeCuts = nil
    }

    private mutating func stayBelow(_ calm: Double, _ now: Timestamp) {
        let isSameAsBefore = abs(calm - lastCeiling) <= lastCeiling * 0.1
        let isQuota = span > Self.shortestRound
        let longest = isQuota ? Self.longestPatience / 2 : Self.longestPatience
        patience = isSameAsBefore ? min(patience * 2, longest) : Self.firstPatience
        lastCeiling = calm
        // Long enough that a trial costs at most a hundredth of the calls.
        let calls = Duration.seconds(min(300 / calm, 86_400))
        ceilingUntil = now.advanced(by: max(.minutes(1), calls, isQuota ? span * 2 : .zero) * patience)
    }

    private mutating func sayFarewell(_ now: Timestamp) -> Change? {
        guard let told, freeSince.duration(to: now) >= Self.farewell else { return nil }
        self.told = nil
        return .gone(told)
    }

    private mutating func tell(_ value: Double, _ now: Timestamp) -> Change? {
        // At the configured rate, calls only have to begin one by one, which is not worth a report.
        guard value < most else { return nil }
        if let told, max(told, value) < min(told, value) * Self.news { return nil }
        if let toldAt, toldAt <= now, toldAt.duration(to: now) < Self.quiet { return nil }
        told = value
        toldAt = now
        return .found(value)
    }

    private mutating func set(_ rate: Double?, _ now: Timestamp) {
        if rate == nil { freeSince = now }
        // At a lower rate, it would take hours to find out that the limit is gone.
        value = rate.map { min(most, max($0, Self.least)) }
        refusals = []
        round = Round(began: now, number: calls.latest)
    }
}
