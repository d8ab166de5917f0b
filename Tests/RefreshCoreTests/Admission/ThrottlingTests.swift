import Testing

@testable import RefreshCore

/// Whether a 429 stops its user or the fleet.
struct ThrottlingTests {
    private let start = Timestamp.startOfDay(20_000)

    private static let worker = Place(of: Arbitrary.id, seed: 1)

    private struct Gate {
        var admission: Admission
        var random = SplitMix64(seed: 1)

        init(_ throttling: Throttling.Policy, now: Timestamp) {
            admission = Admission(
                policy: .init(requestsPerSecond: 1_000, burst: 100, slowStart: .zero, throttling: throttling),
                now: now)
        }

        mutating func work(_ ticket: Admission.Ticket, at now: Timestamp) {
            _ = admission.end(
                ticket, outcome: .refreshed, of: ThrottlingTests.worker, latency: .seconds(1), now: now, using: &random)
        }

        mutating func throttle(_ user: Int64, _ retryAfter: Duration? = nil, at now: Timestamp) throws
            -> [Event]
        {
            let ticket = admission.begin(1, now: now)
            return admission.end(
                ticket, outcome: .throttled(retryAfter: retryAfter), of: try #require(Place(rawValue: user)),
                latency: .milliseconds(50), now: now, using: &random)
        }
    }

    private func pause(_ changes: [Event]) throws -> Throttling.Pause {
        guard case .fleetThrottled(let pause)? = changes.first, changes.count == 1 else {
            Issue.record("no pause: \(changes)")
            throw NoPause()
        }
        return pause
    }

    private struct NoPause: Error {}

    @Test func `one user's is its own affair, however often`() throws {
        var gate = Gate(.init(), now: start)
        for second in 0..<50 as Range<Int64> {
            #expect(try gate.throttle(7, .hours(1), at: start.advanced(by: .seconds(second))).isEmpty)
        }
        #expect(gate.admission.throttling.pause == nil)
    }

    @Test func `several users' stop the fleet until the longest wait they were given`() throws {
        var gate = Gate(.init(), now: start)
        #expect(try gate.throttle(1, .minutes(9), at: start).isEmpty)
        #expect(try gate.throttle(2, .minutes(2), at: start.advanced(by: .seconds(10))).isEmpty)
        let third = start.advanced(by: .seconds(20))
        let pause = try pause(try gate.throttle(3, nil, at: third))
        #expect(pause.until == start.advanced(by: .minutes(9)))
        #expect(pause.users == 3 && pause.wasAsked)
        let last = pause.until.advanced(by: .microseconds(-1))
        #expect(gate.admission.permits(for: 1, now: last).permits == .refused(.throttled(until: pause.until)))
        let after = gate.admission.permits(for: 1, now: pause.until)
        #expect(after.permits == .granted(1))
        #expect(after.changes == [.fleetThrottlingEnded(pause)])
        #expect(gate.admission.permits(for: 1, now: pause.until).changes.isEmpty)
    }

    @Test func `users far apart in time have nothing to do with one another`() throws {
        var gate = Gate(.init(users: 2, within: .minutes(1)), now: start)
        for user in 0..<20 as Range<Int64> {
            #expect(try gate.throttle(user, at: start.advanced(by: .minutes(user))).isEmpty)
        }
    }

    @Test func `a call that was under way may lengthen the wait, and is not told again`() throws {
        var gate = Gate(.init(scope: .fleet), now: start)
        _ = try pause(try gate.throttle(1, .minutes(5), at: start))
        #expect(try gate.throttle(2, .minutes(1), at: start.advanced(by: .seconds(1))).isEmpty)
        #expect(gate.admission.throttling.pause?.until == start.advanced(by: .minutes(5)))
        #expect(try gate.throttle(3, .hours(1), at: start.advanced(by: .seconds(2))).isEmpty)
        #expect(
            gate.admission.throttling.pause?.until == start.advanced(by: .hours(1) + .seconds(2)))
    }

    @Test func `without a wait named the pauses grow, and begin anew once a call was worked on`() throws {
        let policy = Throttling.Policy(scope: .fleet)
        var gate = Gate(policy, now: start)
        var now = start
        var lengths: [Duration] = []
        for _ in 0..<12 {
            let pause = try pause(try gate.throttle(1, at: now))
            #expect(!pause.wasAsked)
            lengths.append(pause.length)
            now = pause.until
            _ = gate.admission.passTime(to: now)
        }
        for (index, length) in lengths.enumerated() {
            let delay = policy.pause.delay(index + 1)
            #expect(length >= delay / 2 && length <= delay)
        }
        let before = gate.admission.begin(1, now: start)
        _ = gate.admission.passTime(to: try pause(try gate.throttle(1, at: now)).until)
        gate.work(before, at: now)
        #expect(try pause(try gate.throttle(1, at: now)).length > policy.pause.first)
        now = try #require(gate.admission.throttling.pause?.until)
        _ = gate.admission.passTime(to: now)
        gate.work(gate.admission.begin(1, now: now), at: now)
        let later = try pause(try gate.throttle(1, at: now))
        #expect(later.length <= policy.pause.first)
    }

    @Test func `with the scope user nothing stops the fleet, with the scope fleet anything does`() throws {
        var user = Gate(.init(scope: .user), now: start)
        for place in 0..<100 as Range<Int64> {
            #expect(try user.throttle(place, .hours(1), at: start).isEmpty)
        }
        #expect(user.admission.limit.value == Admission(policy: .init(), now: start).limit.value)
        var fleet = Gate(.init(scope: .fleet), now: start)
        #expect(try pause(try fleet.throttle(1, .minutes(1), at: start)).users == 1)
    }

    @Test func `a wait beyond all measure is cut`() throws {
        var gate = Gate(.init(scope: .fleet, longestRetryAfter: .hours(2)), now: start)
        #expect(try pause(try gate.throttle(1, .days(30_000), at: start)).length == .hours(2))
    }

    @Test func `does not wait out the year by which a clock was set back`() throws {
        var gate = Gate(.init(scope: .fleet), now: start)
        let pause = try pause(try gate.throttle(1, .minutes(5), at: start))
        let past = start.advanced(by: .zero - .days(365))
        #expect(gate.admission.passTime(to: past).isEmpty)
        #expect(gate.admission.passTime(to: past.advanced(by: pause.length)).count == 1)
    }

    @Test func `an operator may go on sooner`() throws {
        var gate = Gate(.init(scope: .fleet), now: start)
        let pause = try pause(try gate.throttle(1, .hours(5), at: start))
        #expect(gate.admission.endThrottling(now: start) == .fleetThrottlingEnded(pause))
        #expect(gate.admission.endThrottling(now: start) == nil)
        #expect(gate.admission.permits(for: 1, now: start.advanced(by: .seconds(1))).permits == .granted(1))
    }
}
