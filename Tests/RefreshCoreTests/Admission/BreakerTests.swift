import Testing

@testable import RefreshCore

struct BreakerTests {
    private let start = Timestamp.startOfDay(20_000)
    private let down = Outcome.unavailable(.notConnected)

    private func open(
        _ breaker: inout Breaker,
        with outcome: Outcome = .misconfigured(.certificate(.selfSigned)),
        at now: Timestamp
    ) throws -> Breaker.Opening {
        var random = SplitMix64(seed: 1)
        guard case .opened(let opening)? = breaker.ended(outcome, probe: false, now: now, using: &random)
        else {
            throw NotOpened()
        }
        return opening
    }

    private struct NotOpened: Error {}

    // MARK: Opening

    @Test func `opens at once on our own mistake`() throws {
        let what = Misconfiguration.certificate(.selfSigned)
        var breaker = Breaker(policy: .init())
        let opening = try open(&breaker, with: .misconfigured(what), at: start)
        #expect(opening.cause == .misconfigured(what))
        #expect(opening.count == 1)
        #expect((.seconds(15))...(.seconds(30)) ~= opening.pause)
        #expect(breaker.state == .open(opening))
        #expect(breaker.waitsUntil == start.advanced(by: opening.pause))
    }

    @Test func `opens when half of ten calls in a minute fail, not before`() {
        var breaker = Breaker(policy: .init())
        var random = SplitMix64(seed: 1)
        var now = start
        for call in 0..<9 {
            now = now.advanced(by: .seconds(1))
            #expect(
                breaker.ended(call < 5 ? .refreshed : down, probe: false, now: now, using: &random) == nil
            )
        }
        guard case .opened(let opening)? = breaker.ended(down, probe: false, now: now, using: &random) else {
            Issue.record("not opened")
            return
        }
        #expect(opening.cause == .failureRate(failed: 5, calls: 10, latest: down))
    }

    @Test func `forgets what lies before the window`() {
        var breaker = Breaker(policy: .init())
        var random = SplitMix64(seed: 1)
        for call in 0..<9 {
            let now = start.advanced(by: .seconds(Int64(call)))
            #expect(breaker.ended(down, probe: false, now: now, using: &random) == nil)
        }
        let later = start.advanced(by: .seconds(120))
        #expect(breaker.ended(.refreshed, probe: false, now: later, using: &random) == nil)
        for call in 0..<8 {
            let now = later.advanced(by: .milliseconds(Int64(call)))
            #expect(breaker.ended(down, probe: false, now: now, using: &random) == nil)
        }
        #expect(breaker.state == .closed)
    }

    @Test(arguments: [
        Outcome.refreshed, .rejected(messages: []), .unauthorized, .forbidden, .throttled(retryAfter: nil),
        .unknown(.crash), .unknown(.failover), .unknown(.givenUp),
    ])
    func `never opens on an answer, nor on what says nothing of the API`(outcome: Outcome) {
        var breaker = Breaker(policy: .init())
        var random = SplitMix64(seed: 1)
        for call in 0..<1_000 {
            let now = start.advanced(by: .milliseconds(Int64(call)))
            #expect(breaker.ended(outcome, probe: false, now: now, using: &random) == nil)
        }
    }

    @Test func `opens for a small fleet too, whose calls are far apart`() {
        var breaker = Breaker(policy: .init())
        var random = SplitMix64(seed: 1)
        var changes: [Breaker.Change] = []
        for call in 0..<10 {
            let now = start.advanced(by: .minutes(Int64(call) * 20))
            if let change = breaker.ended(down, probe: false, now: now, using: &random) {
                changes.append(change)
            }
        }
        #expect(changes.count == 1)
        #expect(breaker.waitsUntil != nil)
    }

    @Test func `does not stop the fleet for one user whose token's key is missing`() {
        var breaker = Breaker(policy: .init())
        var random = SplitMix64(seed: 1)
        for call in 0..<100 {
            let outcome = call.isMultiple(of: 10) ? Outcome.misconfigured(.keyMissing) : .refreshed
            let now = start.advanced(by: .seconds(Int64(call)))
            #expect(breaker.ended(outcome, probe: false, now: now, using: &random) == nil)
        }
        // With the key gone nobody's can be.
        var last: Breaker.Change?
        for call in 0..<10 where last == nil {
            let now = start.advanced(by: .minutes(10) + .seconds(Int64(call)))
            last = breaker.ended(.misconfigured(.keyMissing), probe: false, now: now, using: &random)
        }
        #expect(breaker.waitsUntil != nil)
    }

    // MARK: Open

    @Test func `lets nobody through until the pause is over`() throws {
        var breaker = Breaker(policy: .init())
        let opening = try open(&breaker, at: start)
        for moment in [start, opening.until.advanced(by: .microseconds(-1))] {
            let (count, change) = breaker.permits(moment)
            #expect(count == 0)
            #expect(change == nil)
        }
        let (count, change) = breaker.permits(opening.until)
        #expect(count == 3)
        #expect(change == .probing(after: opening))
    }

    @Test func `takes no note of calls that began before it opened`() throws {
        var breaker = Breaker(policy: .init())
        var random = SplitMix64(seed: 1)
        let opening = try open(&breaker, at: start)
        for outcome in Arbitrary.outcomes {
            #expect(breaker.ended(outcome, probe: false, now: start, using: &random) == nil)
        }
        #expect(breaker.state == .open(opening))
        _ = breaker.permits(opening.until)
        for outcome in Arbitrary.outcomes {
            #expect(breaker.ended(outcome, probe: false, now: opening.until, using: &random) == nil)
        }
        #expect(breaker.permits(opening.until).count == 3)
    }

    @Test func `does not wait out the year by which a clock was set back`() throws {
        var breaker = Breaker(policy: .init())
        let opening = try open(&breaker, at: start)
        let back = start.advanced(by: .days(-365))
        #expect(breaker.permits(back).count == 0)
        #expect(breaker.permits(back.advanced(by: opening.pause)).count == 3)
    }

    // MARK: Probing

    @Test func `closes only when every probe was answered`() throws {
        var breaker = Breaker(policy: .init())
        var random = SplitMix64(seed: 1)
        let opening = try open(&breaker, at: start)
        let now = opening.until
        #expect(breaker.permits(now).count == 3)
        breaker.began(2)
        #expect(breaker.permits(now).count == 1)
        breaker.began(1)
        #expect(breaker.permits(now).count == 0)
        #expect(breaker.ended(.refreshed, probe: true, now: now, using: &random) == nil)
        #expect(breaker.ended(.unauthorized, probe: true, now: now, using: &random) == nil)
        #expect(breaker.permits(now).count == 0)
        #expect(
            breaker.ended(.rejected(messages: []), probe: true, now: now, using: &random)
                == .closed(after: opening)
        )
        #expect(breaker.state == .closed)
        #expect(breaker.permits(now).count == nil)
    }

    @Test(arguments: [Outcome.throttled(retryAfter: nil), .unknown(.givenUp), .unknown(.crash)])
    func `sends another probe for one that says nothing of the API`(outcome: Outcome) throws {
        var breaker = Breaker(policy: .init())
        var random = SplitMix64(seed: 1)
        let opening = try open(&breaker, at: start)
        let now = opening.until
        _ = breaker.permits(now)
        breaker.began(3)
        #expect(breaker.ended(outcome, probe: true, now: now, using: &random) == nil)
        #expect(breaker.permits(now).count == 1)
        for _ in 0..<10 { _ = breaker.ended(outcome, probe: true, now: now, using: &random) }
        #expect(breaker.permits(now).count == 3)
    }

    @Test func `opens again for longer with each probe that fails, up to the longest pause`() throws {
        let policy = Breaker.Policy()
        var breaker = Breaker(policy: policy)
        var random = SplitMix64(seed: 1)
        var opening = try open(&breaker, at: start)
        var pauses = [opening.pause]
        for count in 2...12 {
            _ = breaker.permits(opening.until)
            breaker.began(3)
            let change = breaker.ended(down, probe: true, now: opening.until, using: &random)
            guard case .opened(let next)? = change else {
                Issue.record("not opened again")
                return
            }
            #expect(next.count == count)
            #expect(next.cause == .probeFailed(down))
            pauses.append(next.pause)
            opening = next
        }
        // 30 s doubles five times to 15 min 0 s, less a little; below the ceiling each is as long as the one before.
        #expect(zip(pauses, pauses.dropFirst()).prefix(4).allSatisfy { $0 <= $1 })
        #expect(pauses.allSatisfy { $0 <= policy.longestPause })
        #expect(pauses.suffix(5).allSatisfy { $0 >= policy.longestPause / 2 })
    }

    @Test func `begins with a short pause once it was closed`() throws {
        var breaker = Breaker(policy: .init(probes: 1))
        var random = SplitMix64(seed: 1)
        let opening = try open(&breaker, at: start)
        _ = breaker.permits(opening.until)
        breaker.began(1)
        _ = breaker.ended(.refreshed, probe: true, now: opening.until, using: &random)
        #expect(try open(&breaker, at: opening.until).count == 1)
    }

    @Test func `probes again when its probes are lost`() throws {
        var breaker = Breaker(policy: .init())
        let opening = try open(&breaker, at: start)
        _ = breaker.permits(opening.until)
        breaker.began(3)
        let lost = opening.until.advanced(by: .minutes(15))
        #expect(breaker.permits(lost.advanced(by: .microseconds(-1))).count == 0)
        #expect(breaker.permits(lost).count == 3)
    }

    @Test func `probes again when its probes are lost and the clock was set back`() throws {
        var breaker = Breaker(policy: .init())
        let opening = try open(&breaker, at: start)
        _ = breaker.permits(opening.until)
        breaker.began(3)
        let back = start.advanced(by: .days(-365))
        #expect(breaker.permits(back).count == 0)
        #expect(breaker.permits(back.advanced(by: .minutes(15))).count == 3)
    }

    @Test func `sends at least one probe whatever its rules say`() throws {
        var breaker = Breaker(policy: .init(probes: 0))
        let opening = try open(&breaker, at: start)
        #expect(breaker.permits(opening.until).count == 1)
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `is open for a pause, or has probes to send or to await, whatever happens`(seed: UInt64) {
        var arbitrary = Arbitrary(seed: seed)
        var breaker = Breaker(policy: .init())
        var now = arbitrary.moment()
        var inFlight: [Bool] = []
        for _ in 0..<500 {
            now = now.advanced(by: arbitrary.duration(.zero, .minutes(1)))
            if arbitrary.chance(1, in: 50) { now = now.advanced(by: arbitrary.duration(.days(-2), .days(2))) }
            let (count, _) = breaker.permits(now)
            let admitted = min(count ?? 5, 5)
            #expect(admitted >= 0)
            breaker.began(admitted)
            let isProbe = if case .probing = breaker.state { true } else { false }
            inFlight += [Bool](repeating: isProbe, count: admitted)
            for probe in inFlight.indices.reversed() where arbitrary.chance(1, in: 2) {
                _ = breaker.ended(
                    arbitrary.outcome(),
                    probe: inFlight.remove(at: probe),
                    now: now,
                    using: &arbitrary.random
                )
            }
            switch breaker.state {
            case .closed: break
            case .open(let opening): #expect(opening.pause > .zero && opening.pause <= .minutes(15))
            case .probing(_, let started, let answered):
                #expect(started >= answered && answered >= 0 && answered < 3)
            }
        }
    }
}
