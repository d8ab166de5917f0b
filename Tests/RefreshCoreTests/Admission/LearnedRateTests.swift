import TestSupport
import Testing

@testable import RefreshCore

/// The rate that is learned, before servers that let so many calls through.
struct LearnedRateTests {
    /// A server, and how many calls a second it lets through at most.
    struct Limit: CustomTestStringConvertible {
        let testDescription: String
        let server: any RateLimitedServer
        let rate: Double
        /// How long it takes at most until the rate is learned, in minutes.
        var learned = 3
        var latency = 2.0
        /// What is used of it at least; less where a limit shows only after many calls, or in an instant.
        var share = 0.9

        static let all = [
            Limit(testDescription: "nginx, 10 a second", server: LeakyBucket(rate: 10), rate: 10),
            Limit(
                testDescription: "nginx, 10 a second, by 503",
                server: LeakyBucket(rate: 10, refusal: .unavailable(.status(503))), rate: 10),
            Limit(
                testDescription: "nginx, 10 a second, calls of 20 s", server: LeakyBucket(rate: 10), rate: 10,
                learned: 5,
                latency: 20),
            Limit(
                testDescription: "nginx, 10 a second, a burst of 20 at once", server: LeakyBucket(rate: 10, burst: 20),
                rate: 10),
            Limit(
                testDescription: "nginx, 10 a second, a burst of 20 by and by",
                server: LeakyBucket(rate: 10, burst: 20, delays: true), rate: 10, learned: 10),
            Limit(testDescription: "nginx, 19 a second", server: LeakyBucket(rate: 19), rate: 19),
            Limit(testDescription: "nginx, 25 a second: more than are made", server: LeakyBucket(rate: 25), rate: 20),
            Limit(testDescription: "nginx, 1 a second", server: LeakyBucket(rate: 1), rate: 1, learned: 10),
            Limit(
                testDescription: "tokens, 5 a second and 100",
                server: ServerTokens(rate: 5, burst: 100, asksToWait: false),
                rate: 5, share: 0.85),
            Limit(
                testDescription: "tokens, 5 a second and 100, asks to wait",
                server: ServerTokens(rate: 5, burst: 100, asksToWait: true), rate: 5, learned: 5, share: 0.85),
            Limit(
                testDescription: "10 in each second, asks to wait",
                server: FixedWindow(count: 10, length: 1, asksToWait: true), rate: 10, learned: 10, share: 0.85),
            Limit(
                testDescription: "600 in each minute, asks to wait",
                server: FixedWindow(count: 600, length: 60, asksToWait: true, phase: 20), rate: 10, learned: 5),
            Limit(
                testDescription: "1,000 in each five minutes, asks to wait",
                server: FixedWindow(count: 1_000, length: 300, asksToWait: true, phase: 120), rate: 1_000 / 300,
                learned: 10),
        ]
    }

    @Test(arguments: Limit.all, [1, 2] as [UInt64])
    func `settles little below what is let through, with few refusals and in quiet`(
        limit: Limit, seed: UInt64
    ) {
        var fleet = RateLimitedFleet(limit.server, latency: limit.latency, seed: seed)
        fleet.play(minutes: limit.learned + 50)
        for first in stride(from: limit.learned, to: limit.learned + 50, by: 25) {
            let figures = fleet.figures(first..<first + 25)
            let percent = (figures.rate / limit.rate * 1_000).rounded() / 10
            print("\(limit.testDescription): \(percent) %, refused \((figures.refused * 1_000).rounded() / 10) %")
            #expect(figures.rate >= limit.rate * limit.share)
            #expect(figures.refused <= (1 - limit.share) * 0.3)
        }
        #expect(!fleet.changes.contains { if case .breaker = $0 { true } else { false } })
        #expect(fleet.rateChanges.count <= 2)
    }

    /// Where no wait is asked for, a quota's end is found by waits that grow: some of the next stretch goes by.
    @Test(arguments: [(600, 60.0, 10.0), (1_000, 300.0, 1_000.0 / 300)], [1, 2] as [UInt64])
    func `finds a quota that names no wait`(quota: (count: Int, length: Double, rate: Double), seed: UInt64) {
        var fleet = RateLimitedFleet(
            FixedWindow(count: quota.count, length: quota.length, asksToWait: false, phase: 20), seed: seed)
        fleet.play(minutes: 120)
        let figures = fleet.figures(30..<120)
        print("\(quota): \((figures.rate / quota.rate * 1_000).rounded() / 10) %, refused \(figures.refused)")
        #expect(figures.rate >= quota.rate * 0.85)
        #expect(figures.refused <= 0.02)
    }

    /// With the least distance between calls as its limit, no call may be late: some of the rate is lost to chance.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `copes with a network that delays calls by chance`(seed: UInt64) {
        var fleet = RateLimitedFleet(LeakyBucket(rate: 10), jitter: 0.02, seed: seed)
        fleet.play(minutes: 60)
        let figures = fleet.figures(10..<60)
        #expect(figures.rate >= 8)
        #expect(figures.refused <= 0.03)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `is back at the full rate minutes after the limit is gone, and says both once`(seed: UInt64) throws {
        var fleet = RateLimitedFleet(LiftedLimit(LeakyBucket(rate: 10), until: 1_800), seed: seed)
        fleet.play(minutes: 50)
        #expect(fleet.figures(5..<30).rate >= 9)
        #expect(fleet.figures(36..<50).rate >= 19)
        #expect(fleet.admission.rate.value == nil)
        let changes = fleet.rateChanges
        guard case .found(let found)? = changes.first, case .gone(let gone)? = changes.last, changes.count == 2 else {
            Issue.record("told: \(changes)")
            return
        }
        #expect(found == gone && found > 9 && found <= 10.5)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `is back at the full rate minutes after a night without calls in which the limit went`(seed: UInt64) {
        var fleet = RateLimitedFleet(LiftedLimit(LeakyBucket(rate: 10), until: 1_800), seed: seed)
        fleet.play(minutes: 20)
        #expect(fleet.admission.rate.found.map { $0 < 12 } == true)
        fleet.rest(minutes: 22 * 60)
        fleet.play(minutes: 30)
        #expect(fleet.admission.rate.value == nil)
        let end = fleet.minutes.count
        #expect(fleet.figures(end - 20..<end).rate >= 19)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `a rate of which only half is used is not raised`(seed: UInt64) {
        var fleet = RateLimitedFleet(LiftedLimit(LeakyBucket(rate: 10), until: 1_200), seed: seed)
        fleet.play(minutes: 20)
        fleet.demand = 5
        fleet.play(minutes: 180)
        #expect(fleet.admission.rate.value.map { $0 < 12 } == true)
        #expect(fleet.figures(30..<200).rate >= 4.8)
    }

    @Test func `a rate on trial is not found yet`() throws {
        let start = Timestamp.startOfDay(20_000)
        var random = SplitMix64(seed: 1)
        var admission = Admission(
            policy: .init(requestsPerSecond: 200, burst: 100, slowStart: .zero), now: start)
        for user in 0..<30 as Range<Int64> {
            let now = start.advanced(by: .milliseconds(40 * user))
            _ = admission.end(
                admission.begin(1, now: now), outcome: user % 10 == 9 ? .unavailable(.status(503)) : .refreshed,
                of: try #require(Place(rawValue: user)), latency: .milliseconds(20), now: now, using: &random)
        }
        // A tenth was refused, for whatever reason.
        #expect(admission.rate.value != nil)
        #expect(admission.rate.found == nil)

        var fleet = RateLimitedFleet(LeakyBucket(rate: 10), seed: 1)
        fleet.play(minutes: 5)
        #expect(fleet.admission.rate.found == fleet.admission.rate.value && fleet.admission.rate.found != nil)
    }

    @Test func `users who have limits of their own teach nothing, and stop nobody`() {
        var fleet = RateLimitedFleet(LeakyBucket(rate: 1_000, burst: 1_000), personal: 0.1, seed: 1)
        fleet.play(minutes: 30)
        #expect(fleet.admission.rate.value == nil)
        #expect(fleet.changes.isEmpty)
        // 20 a second, and a tenth of them refused.
        #expect(fleet.figures(2..<30).rate >= 17)
    }

    @Test(arguments: [0.05, 0.1], [1, 2] as [UInt64])
    func `refusals that slower calls do not make fewer slow nobody down for long`(share: Double, seed: UInt64) {
        var fleet = RateLimitedFleet(
            RandomRefusals(share: share, refusal: .throttled(retryAfter: nil), seed: seed), seed: seed)
        fleet.play(minutes: 60)
        let figures = fleet.figures(5..<60)
        print("\(share) refused by chance: \(figures.rate) a second")
        #expect(figures.rate >= 20 * (1 - share) * 0.85)
        #expect(fleet.rateChanges.count <= 4)
    }

    @Test(arguments: [nil, .seconds(7)] as [Duration?])
    func `when nobody was let through for hours, the full rate is back minutes later`(wait: Duration?) {
        var fleet = RateLimitedFleet(
            LiftedLimit(RandomRefusals(share: 1, refusal: .throttled(retryAfter: wait), seed: 1), until: 3 * 3_600),
            seed: 1)
        fleet.play(minutes: 200)
        // The longest pause that nobody asked for is five minutes.
        #expect(fleet.figures(190..<200).rate >= 19)
    }

    @Test func `a few calls a minute are too many for nobody`() {
        var fleet = RateLimitedFleet(
            LiftedLimit(RandomRefusals(share: 0.7, refusal: .throttled(retryAfter: nil), seed: 1), until: 3_600),
            policy: .init(requestsPerSecond: 0.05, burst: 10), seed: 1)
        fleet.play(minutes: 180)
        #expect(fleet.figures(80..<180).rate >= 0.045)
    }

    @Test func `a quota of an hour is taken for one when the second is like the first`() {
        var fleet = RateLimitedFleet(
            FixedWindow(count: 6_000, length: 3_600, asksToWait: true, phase: 600), seed: 1)
        fleet.play(minutes: 480)
        #expect(fleet.figures(240..<480).rate >= 1.6)
        #expect(fleet.admission.rate.value.map { $0 < 2 } == true)
    }

    @Test func `an outage teaches nothing`() {
        var fleet = RateLimitedFleet(
            LiftedLimit(DeadServer(), until: 600), seed: 1)
        fleet.play(minutes: 40)
        #expect(fleet.admission.rate.value == nil)
        #expect(fleet.rateChanges.isEmpty)
        // A pause of 15 minutes at most, and the slow start.
        #expect(fleet.figures(26..<40).rate >= 19)
    }

    @Test func `never exceeds what the configuration allows, whatever it is set to meanwhile`() {
        var fleet = RateLimitedFleet(
            LeakyBucket(rate: 10), policy: .init(requestsPerSecond: 5, burst: 5), seed: 1)
        fleet.play(minutes: 10)
        #expect(fleet.admission.rate.value.map { $0 <= 5 } ?? true)
        #expect(fleet.figures(1..<10).rate <= 5.1)
        #expect(fleet.figures(1..<10).rate >= 4.5)
    }

    @Test func `with the scope user nothing is learned`() {
        var policy = Admission.Policy()
        policy.throttling.scope = .user
        var fleet = RateLimitedFleet(LeakyBucket(rate: 10), policy: policy, seed: 1)
        fleet.play(minutes: 5)
        #expect(fleet.admission.rate.value == nil)
    }

    @Test(arguments: [-365, 365] as [Int64])
    func `a calendar that is set by a year holds nothing up`(days: Int64) throws {
        var server = LeakyBucket(rate: 10)
        var random = SplitMix64(seed: 1)
        var calendar = Timestamp.startOfDay(20_000)
        var admission = Admission(policy: .init(slowStart: .zero), now: calendar)
        var seconds = 0.0
        var passed: [Double] = []
        var user: Int64 = 0
        while seconds < 1_200 {
            let step = 0.005
            seconds += step
            calendar = calendar.advanced(by: .milliseconds(5))
            if abs(seconds - 600) < step / 2 { calendar = calendar.advanced(by: .days(days)) }
            guard case .granted(let count) = admission.permits(for: 500, now: calendar).permits else { continue }
            let ticket = admission.begin(count, now: calendar)
            for _ in 0..<count {
                user += 1
                let refusal = server.take(at: seconds)
                if refusal == nil { passed.append(seconds) }
                let call = EndedCall(
                    outcome: refusal ?? .refreshed, user: try #require(Place(rawValue: user)),
                    latency: .milliseconds(10))
                _ = admission.end(ticket, call, now: calendar, using: &random)
            }
        }
        #expect(passed.count { $0 > 300 && $0 <= 600 } >= 2_600)
        #expect(passed.count { $0 > 900 } >= 2_600)
    }
}

/// An API that is down.
private struct DeadServer: RateLimitedServer {
    var delay: Double { 0 }
    func take(at moment: Double) -> Outcome? { .unavailable(.status(503)) }
}
