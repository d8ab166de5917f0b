import Testing

@testable import RefreshCore

struct ConcurrencyLimitTests {
    private let start = Timestamp.startOfDay(20_000)
    private let user = Place(of: Arbitrary.id, seed: 1)

    private func admission(_ concurrency: ConcurrencyLimit.Policy) -> Admission {
        Admission(
            policy: .init(
                requestsPerSecond: 1_000_000, burst: 1_000_000, concurrency: concurrency, slowStart: .zero,
                breaker: .init(failureRate: 1, minimumCalls: .max)),
            now: start)
    }

    /// Rounds of calls that all begin together and all end after `latency`; `used` is the share of the limit called.
    private func play(
        _ admission: inout Admission, rounds: Int, latency: Duration = .seconds(2), outcome: Outcome = .refreshed,
        used: Double = 1, clock: inout Timestamp
    ) {
        var random = SplitMix64(seed: 1)
        for _ in 0..<rounds {
            clock = clock.advanced(by: .seconds(10))
            guard case .granted(let free) = admission.permits(for: .max, now: clock).permits else {
                Issue.record("nothing may start")
                return
            }
            let count = max(1, Int(Double(free) * used))
            let ticket = admission.begin(count, now: clock)
            for _ in 0..<count {
                _ = admission.end(
                    ticket, outcome: outcome, of: user, latency: latency, now: clock, using: &random)
            }
        }
    }

    @Test func `a fixed limit stays, whatever happens`() {
        var admission = admission(.fixed(30))
        var clock = start
        for outcome in [Outcome.refreshed, .unavailable(.status(503)), .unknown(.timeout), .refreshed] {
            play(&admission, rounds: 20, latency: .seconds(100), outcome: outcome, clock: &clock)
            #expect(admission.limit.value == 30)
        }
    }

    @Test func `finds its way to the most while nothing resists`() {
        var admission = admission(.init(min: 4, max: 256))
        var clock = start
        #expect(admission.limit.value == 16)
        play(&admission, rounds: 40, clock: &clock)
        #expect(admission.limit.value == 256)
    }

    @Test func `is not raised by calls that it did not hold back`() {
        var admission = admission(.init(min: 4, max: 256))
        var clock = start
        play(&admission, rounds: 200, used: 0.5, clock: &clock)
        #expect(admission.limit.value == 16)
    }

    @Test(arguments: [
        Outcome.unavailable(.status(503)), .unknown(.timeout), .unknown(.gatewayTimeout), .unknown(.connectionLost),
    ])
    func `is cut once for the refusals of one overload`(outcome: Outcome) {
        var admission = admission(.init(min: 4, max: 256))
        var clock = start
        play(&admission, rounds: 40, clock: &clock)
        play(&admission, rounds: 1, outcome: outcome, clock: &clock)
        #expect((128..<256).contains(admission.limit.value))
        for _ in 0..<30 {
            play(&admission, rounds: 1, outcome: outcome, clock: &clock)
        }
        #expect(admission.limit.value == 4)
    }

    /// 429 means too many a second, from which the rate learns.
    @Test(arguments: [
        Outcome.unauthorized, .forbidden, .refused(status: 422), .throttled(retryAfter: nil), .unknown(.givenUp),
        .unknown(.crash),
    ])
    func `is not cut for what is no sign of load`(outcome: Outcome) {
        var admission = admission(.init(min: 4, max: 256))
        var clock = start
        play(&admission, rounds: 40, clock: &clock)
        play(&admission, rounds: 10, outcome: outcome, clock: &clock)
        #expect(admission.limit.value == 256)
    }

    @Test func `a stray refusal among many calls does not count`() {
        var admission = admission(.init(min: 4, max: 256))
        var clock = start
        play(&admission, rounds: 40, clock: &clock)
        for _ in 0..<20 {
            play(&admission, rounds: 1, outcome: .unavailable(.status(503)), used: 0.001, clock: &clock)
            play(&admission, rounds: 1, clock: &clock)
        }
        #expect(admission.limit.value == 256)
    }

    @Test func `is cut when calls take longer than they did`() {
        var admission = admission(.init(min: 4, max: 256))
        var clock = start
        play(&admission, rounds: 40, clock: &clock)
        play(&admission, rounds: 1, latency: .seconds(6), clock: &clock)
        #expect(admission.limit.value < 256)
    }

    @Test func `learns that the work itself takes longer, when fewer calls are no faster`() {
        var admission = admission(.init(min: 4, max: 256))
        var clock = start
        play(&admission, rounds: 40, clock: &clock)
        play(&admission, rounds: 60, latency: .seconds(6), clock: &clock)
        #expect(admission.limit.value > 200)
    }

    @Test func `a token that is refused at once does not make everything after look slow`() {
        var admission = admission(.init(min: 4, max: 256))
        var clock = start
        play(&admission, rounds: 40, clock: &clock)
        play(&admission, rounds: 100, latency: .milliseconds(5), outcome: .unauthorized, clock: &clock)
        play(&admission, rounds: 3, clock: &clock)
        #expect(admission.limit.value == 256)
    }

    @Test func `takes new bounds at once`() {
        var admission = admission(.init(min: 4, max: 256))
        var clock = start
        play(&admission, rounds: 40, clock: &clock)
        var policy = admission.policy
        policy.concurrency = .init(min: 2, max: 10)
        admission.configure(policy, now: clock)
        #expect(admission.limit.value == 10)
        policy.concurrency = .init(min: 50, max: 60)
        admission.configure(policy, now: clock)
        #expect(admission.limit.value == 50)
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `stays within its bounds whatever comes`(seed: UInt64) {
        var arbitrary = Arbitrary(seed: seed)
        let least = Int.random(in: 1...20, using: &arbitrary.random)
        let most = Int.random(in: least...100, using: &arbitrary.random)
        var admission = admission(.init(min: least, max: most))
        var tickets: [Admission.Ticket] = []
        var now = start
        for _ in 0..<3_000 {
            now = now.advanced(by: .minutes(20))
            if case .granted(let count) = admission.permits(for: 30, now: now).permits {
                tickets += Array(repeating: admission.begin(count, now: now), count: count)
            }
            if let ticket = tickets.popLast() {
                _ = admission.end(
                    ticket, outcome: arbitrary.outcome(), of: arbitrary.place(),
                    latency: arbitrary.duration(.zero, .minutes(3)), now: now, using: &arbitrary.random)
            }
            #expect(admission.limit.value >= least && admission.limit.value <= most)
        }
    }
}
