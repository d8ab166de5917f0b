import Testing

@testable import RefreshCore

struct AdmissionTests {
    private let start = Timestamp.startOfDay(20_000)
    private let down = Outcome.unavailable(.notConnected)

    private func granted(_ answer: (permits: Admission.Permits, changes: [Event])) -> Int {
        if case .granted(let count) = answer.permits { count } else { 0 }
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `has never more in flight than allowed, and probes only while the breaker tries`(seed: UInt64) {
        var arbitrary = Arbitrary(seed: seed)
        var policy = Admission.Policy(requestsPerSecond: 50, burst: 20, concurrency: .fixed(8))
        var now = arbitrary.moment()
        var admission = Admission(policy: policy, now: now)
        var inFlight: [Admission.Ticket] = []
        for _ in 0..<500 {
            now = now.advanced(by: arbitrary.duration(.zero, .seconds(20)))
            if arbitrary.chance(1, in: 100) {
                policy.concurrency = .fixed(.random(in: 1...12, using: &arbitrary.random))
                admission.configure(policy, now: now)
            }
            let wanted = Int.random(in: 1...30, using: &arbitrary.random)
            let answer = admission.permits(for: wanted, now: now)
            if case .granted(let count) = answer.permits {
                #expect(count >= 1 && count <= wanted)
                #expect(inFlight.count + count <= policy.concurrency.max)
                let begins = Int.random(in: 1...count, using: &arbitrary.random)
                let ticket = admission.begin(begins, now: now)
                if case .probing(_, let started, _) = admission.breaker.state {
                    #expect(ticket.isProbe)
                    #expect(started <= policy.breaker.probes)
                } else {
                    #expect(!ticket.isProbe)
                }
                inFlight += [Admission.Ticket](repeating: ticket, count: begins)
            }
            #expect(admission.inFlight == inFlight.count)
            while let ticket = inFlight.last, arbitrary.chance(2, in: 3) {
                inFlight.removeLast()
                _ = admission.end(ticket, outcome: arbitrary.outcome(), now: now, using: &arbitrary.random)
            }
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `makes only the breaker's probes while the API is down`(seed: UInt64) {
        var arbitrary = Arbitrary(seed: seed)
        let policy = Admission.Policy()
        var now = start
        var admission = Admission(policy: policy, now: now)
        var calls: [Timestamp] = []
        let end = start.advanced(by: .hours(24))
        while now < end {
            let answer = admission.permits(for: 1_000, now: now)
            if case .granted(let count) = answer.permits {
                let ticket = admission.begin(count, now: now)
                calls += [Timestamp](repeating: now, count: count)
                now = now.advanced(by: arbitrary.duration(.milliseconds(1), .seconds(2)))
                for _ in 0..<count {
                    _ = admission.end(ticket, outcome: down, now: now, using: &arbitrary.random)
                }
            }
            now = now.advanced(by: .milliseconds(500))
        }
        let perHour = hourly(calls)
        // The first hour holds what opened the breaker and the short pauses; then a pause is 7.5 min or more.
        #expect((perHour.first ?? 0) <= 10 + policy.concurrency.max + 3 * 20)
        #expect(perHour.dropFirst().allSatisfy { $0 <= 3 * 9 })
        #expect(perHour.dropFirst().allSatisfy { $0 >= 1 })
    }

    private func hourly(_ calls: [Timestamp]) -> [Int] {
        (0..<24).map { hour in
            calls.count {
                start.duration(to: $0) >= .hours(hour) && start.duration(to: $0) < .hours(hour + 1)
            }
        }
    }

    @Test func `refuses by concurrency until a call ends`() {
        var admission = Admission(
            policy: .init(requestsPerSecond: 1_000, burst: 100, concurrency: .fixed(3), slowStart: .zero),
            now: start
        )
        var random = SplitMix64(seed: 1)
        let now = start.advanced(by: .seconds(10))
        #expect(admission.permits(for: 10, now: now).permits == .granted(3))
        let ticket = admission.begin(3, now: now)
        #expect(admission.permits(for: 1, now: now).permits == .refused(.concurrency))
        #expect(admission.end(ticket, outcome: .refreshed, now: now, using: &random) == nil)
        #expect(admission.permits(for: 10, now: now).permits == .granted(1))
    }

    @Test func `refuses by rate and names the moment`() throws {
        var admission = Admission(
            policy: .init(requestsPerSecond: 2, burst: 4, concurrency: .fixed(100), slowStart: .zero), now: start)
        #expect(admission.permits(for: 10, now: start).permits == .granted(1))
        _ = admission.begin(1, now: start)
        let expected = start.advanced(by: .milliseconds(500))
        #expect(admission.permits(for: 10, now: start).permits == .refused(.rate(until: expected)))
        #expect(admission.permits(for: 10, now: expected).permits == .granted(1))
    }

    @Test func `refuses everybody while the fleet is paused, until its end`() {
        var admission = Admission(policy: .init(slowStart: .zero), now: start)
        let until = start.advanced(by: .hours(4))
        admission.pauseFleet(FleetPause(until: until), now: start)
        #expect(admission.permits(for: 1, now: start).permits == .refused(.paused(until: until)))
        let last = until.advanced(by: .microseconds(-1))
        #expect(admission.permits(for: 1, now: last).permits == .refused(.paused(until: until)))
        #expect(admission.pause == FleetPause(until: until))
        #expect(granted(admission.permits(for: 1, now: until)) == 1)
        #expect(admission.pause == nil)
        admission.pauseFleet(FleetPause(until: nil), now: until)
        #expect(
            admission.permits(for: 1, now: until.advanced(by: .days(900))).permits
                == .refused(.paused(until: nil))
        )
        admission.pauseFleet(nil, now: until)
        #expect(granted(admission.permits(for: 1, now: until)) == 1)
    }

    @Test func `says once that the breaker begins to probe, even if something else refuses`() throws {
        var admission = Admission(
            policy: .init(requestsPerSecond: 100, burst: 10, concurrency: .fixed(1), slowStart: .zero),
            now: start
        )
        var random = SplitMix64(seed: 1)
        let ticket = admission.begin(1, now: start)
        let change = admission.end(
            ticket, outcome: .misconfigured(.certificate(.selfSigned)), now: start, using: &random)
        guard case .opened(let opening)? = change else {
            Issue.record("not opened")
            return
        }
        #expect(admission.permits(for: 1, now: start).permits == .refused(.breaker(until: opening.until)))
        _ = admission.begin(1, now: start)
        let answer = admission.permits(for: 1, now: opening.until)
        #expect(answer.permits == .refused(.concurrency))
        #expect(answer.changes == [.breaker(.probing(after: opening))])
        #expect(admission.permits(for: 1, now: opening.until).changes.isEmpty)
    }

    @Test func `names a moment at which it tries again while probes are out`() throws {
        var admission = Admission(policy: .init(requestsPerSecond: 100, burst: 10, slowStart: .zero), now: start)
        var random = SplitMix64(seed: 1)
        let ticket = admission.begin(1, now: start)
        let change = admission.end(
            ticket, outcome: .misconfigured(.certificate(.selfSigned)), now: start, using: &random)
        guard case .opened(let opening)? = change else {
            Issue.record("not opened")
            return
        }
        #expect(admission.permits(for: 10, now: opening.until).permits == .granted(3))
        _ = admission.begin(3, now: opening.until)
        guard
            case .refused(.breaker(until: let until?)) = admission.permits(for: 1, now: opening.until).permits
        else {
            Issue.record("no moment named")
            return
        }
        #expect(granted(admission.permits(for: 10, now: until)) == 3)
    }

    @Test func `takes a probe of an earlier round for what it is`() throws {
        var admission = Admission(policy: .init(requestsPerSecond: 1_000, burst: 100, slowStart: .zero), now: start)
        var random = SplitMix64(seed: 1)
        func opening(_ change: Breaker.Change?) throws -> Breaker.Opening {
            guard case .opened(let opening)? = change else { throw NotOpened() }
            return opening
        }
        let ticket = admission.begin(1, now: start)
        let first = try opening(
            admission.end(ticket, outcome: .misconfigured(.certificate(.selfSigned)), now: start, using: &random)
        )
        #expect(granted(admission.permits(for: 10, now: first.until)) == 3)
        let probes = admission.begin(3, now: first.until)
        let second = try opening(admission.end(probes, outcome: down, now: first.until, using: &random))
        #expect(granted(admission.permits(for: 10, now: second.until)) == 3)
        // Two slow probes of the first round end in the second: they neither count for it nor against it.
        #expect(admission.end(probes, outcome: .unknown(.givenUp), now: second.until, using: &random) == nil)
        #expect(admission.end(probes, outcome: down, now: second.until, using: &random) == nil)
        #expect(granted(admission.permits(for: 10, now: second.until)) == 3)
        #expect(admission.inFlight == 0)
    }

    private struct NotOpened: Error {}
}

extension Place {
    fileprivate static let first = Place(rawValue: 0) ?? Place(of: Arbitrary.id, seed: 0)
}

extension Admission {
    /// As the longer one, for a call of which only the breaker's opinion matters.
    fileprivate mutating func end(
        _ ticket: Ticket,
        outcome: Outcome,
        now: Timestamp,
        using random: inout SplitMix64
    ) -> Breaker.Change? {
        let changes = end(
            ticket, EndedCall(outcome: outcome, user: .first, latency: .seconds(1)), now: now, using: &random
        ).changes
        for case .breaker(let change) in changes { return change }
        return nil
    }
}
