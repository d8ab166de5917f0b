import Testing

@testable import RefreshCore

/// Rate and concurrency after a standstill.
struct SlowStartTests {
    private let start = Timestamp.startOfDay(20_000)
    private let user = Place(of: Arbitrary.id, seed: 1)

    /// Starts whatever may start, each call taking no time, every hundredth of a second; counts them by second.
    private func flood(_ admission: inout Admission, from now: Timestamp, seconds: Int) -> [Int] {
        var random = SplitMix64(seed: 1)
        return (0..<seconds).map { second in
            (0..<100).reduce(0) { sum, tick in
                let now = now.advanced(by: .milliseconds(second * 1_000 + tick * 10))
                guard case .granted(let count) = admission.permits(for: 1_000, now: now).permits else { return sum }
                let ticket = admission.begin(count, now: now)
                for _ in 0..<count {
                    _ = admission.end(
                        ticket, outcome: .refreshed, of: user, latency: .zero, now: now, using: &random)
                }
                return sum + count
            }
        }
    }

    private func policy(slowStart: Duration = .seconds(8)) -> Admission.Policy {
        .init(requestsPerSecond: 100, burst: 100, concurrency: .fixed(1_000), slowStart: slowStart)
    }

    private func expectRamp(_ calls: [Int]) {
        for (second, most) in [10, 10, 20, 20, 40, 40, 80, 80, 100, 100].enumerated() {
            // A step's saved-up tokens come on top: a tenth of a second at the present rate.
            #expect(calls[second] <= most + most / 10 + 1, "second \(second): \(calls)")
            #expect(calls[second] >= most - 2, "second \(second): \(calls)")
        }
    }

    @Test func `a daemon begins with a tenth of its rate and doubles it until it is full`() {
        var admission = Admission(policy: policy(), now: start)
        expectRamp(flood(&admission, from: start, seconds: 10))
    }

    @Test func `so it does after the operator's pause, ended or over`() {
        var admission = Admission(policy: policy(slowStart: .zero), now: start)
        admission.configure(policy(), now: start)
        admission.pauseFleet(FleetPause(until: nil), now: start)
        let resumed = start.advanced(by: .hours(1))
        admission.pauseFleet(nil, now: resumed)
        expectRamp(flood(&admission, from: resumed, seconds: 10))

        let until = resumed.advanced(by: .hours(1))
        admission.pauseFleet(FleetPause(until: until), now: resumed)
        #expect(admission.passTime(to: until) == [.fleetResumed(FleetPause(until: until))])
        #expect(admission.passTime(to: until).isEmpty)
        expectRamp(flood(&admission, from: until, seconds: 10))
    }

    @Test func `so it does when the breaker closes`() {
        var random = SplitMix64(seed: 1)
        var admission = Admission(policy: policy(slowStart: .zero), now: start)
        admission.configure(policy(), now: start)
        _ = admission.permits(for: 1, now: start)
        let ticket = admission.begin(1, now: start)
        let changes = admission.end(
            ticket, outcome: .misconfigured(.certificate(.selfSigned)), of: user, latency: .zero, now: start,
            using: &random)
        guard case .breaker(.opened(let opening))? = changes.first else {
            Issue.record("not opened")
            return
        }
        // One after the other: the API may allow no two at once.
        var now = opening.until
        for _ in 0..<3 {
            #expect(admission.permits(for: 3, now: now).permits == .granted(1))
            let probe = admission.begin(1, now: now)
            #expect(admission.permits(for: 3, now: now).permits != .granted(1))
            now = now.advanced(by: .seconds(1))
            _ = admission.end(probe, outcome: .refreshed, of: user, latency: .zero, now: now, using: &random)
        }
        #expect(admission.breaker.state == .closed)
        expectRamp(flood(&admission, from: now, seconds: 10))
    }

    @Test func `after a short standstill it is as short as that`() {
        var admission = Admission(policy: policy(slowStart: .zero), now: start)
        admission.configure(policy(), now: start)
        admission.beginSlowly(after: .seconds(4), now: start)
        let calls = flood(&admission, from: start, seconds: 5)
        #expect(calls[0] <= 12)
        #expect(calls[4] >= 98)
    }

    @Test func `a shorter ramp does not end a longer one under way`() {
        var admission = Admission(policy: policy(), now: start)
        admission.beginSlowly(after: .milliseconds(10), now: start)
        expectRamp(flood(&admission, from: start, seconds: 10))
    }

    @Test func `lets a tenth of the concurrency in, and names the moment of more`() {
        var admission = Admission(
            policy: .init(
                requestsPerSecond: 10_000, burst: 10_000, concurrency: .fixed(50), slowStart: .seconds(40)),
            now: start)
        let later = start.advanced(by: .seconds(1))
        #expect(admission.permits(for: 100, now: later).permits == .granted(5))
        _ = admission.begin(5, now: later)
        let step = start.advanced(by: .seconds(10))
        #expect(admission.permits(for: 100, now: later).permits == .refused(.slowStart(until: step)))
        #expect(admission.permits(for: 100, now: step).permits == .granted(5))
    }

    @Test func `a clock that is set back does not stretch it`() {
        var admission = Admission(policy: policy(), now: start)
        let past = start.advanced(by: .zero - .days(300))
        expectRamp(flood(&admission, from: past, seconds: 10))
    }
}
