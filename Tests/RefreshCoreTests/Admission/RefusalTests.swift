import Testing

@testable import RefreshCore

/// When refusals (4xx) stop the fleet, and when they are their users' own.
struct RefusalTests {
    private static let start = Timestamp.startOfDay(20_000)

    /// A fleet that calls one user after the other, one a second.
    private struct Fleet {
        var admission: Admission
        var random = SplitMix64(seed: 1)
        var now = RefusalTests.start
        /// What each user's latest call came to, as it was settled.
        var settled: [Int64: Outcome] = [:]

        init(_ policy: Admission.Policy = .init(slowStart: .zero)) {
            admission = Admission(policy: policy, now: now)
        }

        var isOpen: Bool { admission.breaker.state != .closed }

        /// The outcome as settled; nil where the call was not let.
        @discardableResult
        mutating func call(_ user: Int64, _ outcome: Outcome, byHand: Bool = false) throws -> Outcome? {
            now = now.advanced(by: .seconds(1))
            guard case .granted = admission.permits(for: 1, now: now).permits else { return nil }
            return try end(admission.begin(1, now: now), user, outcome, byHand: byHand)
        }

        mutating func end(
            _ ticket: Admission.Ticket, _ user: Int64, _ outcome: Outcome, byHand: Bool = false,
            after latency: Duration = .milliseconds(50)
        ) throws -> Outcome {
            let call = EndedCall(
                outcome: outcome, user: try #require(Place(rawValue: user)), lastOutcome: settled[user]?.kind,
                isByHand: byHand, latency: latency)
            let judged = admission.end(ticket, call, now: now, using: &random).outcome
            settled[user] = judged
            return judged
        }

        /// Waits until the breaker lets probes through.
        mutating func waitOutPause() throws {
            now = try #require(admission.breaker.waitsUntil)
        }
    }

    private let wrong = Outcome.misconfigured(.status(404))

    // MARK: One user's affair

    @Test(arguments: [400, 402, 404, 405, 409, 410, 418, 422, 423, 425, 451])
    func `one user's refusals stop nobody, by schedule or by hand, however often`(status: Int) throws {
        var fleet = Fleet()
        for round in 0..<200 as Range<Int64> {
            #expect(try fleet.call(7, .refused(status: status), byHand: round.isMultiple(of: 2)) != wrong)
            if round.isMultiple(of: 20) { try fleet.call(100 + round, .refreshed) }
        }
        #expect(!fleet.isOpen)
        #expect(fleet.settled[7] == .refused(status: status))
    }

    @Test func `a forced refresh of one user stops nobody, not even before anybody was answered`() throws {
        var fleet = Fleet()
        for _ in 0..<100 { try fleet.call(7, .refused(status: 404), byHand: true) }
        #expect(!fleet.isOpen)
        try fleet.call(8, .refreshed)
        for _ in 0..<100 { try fleet.call(7, .refused(status: 404), byHand: true) }
        #expect(!fleet.isOpen)
    }

    @Test func `users that were refused before tell nothing of the others`() throws {
        var fleet = Fleet()
        for user in 0..<30 as Range<Int64> { fleet.settled[user] = .refused(status: 404) }
        for user in 0..<30 as Range<Int64> { try fleet.call(user, .refused(status: 404)) }
        #expect(!fleet.isOpen)
    }

    @Test(arguments: [1, 20] as [Int64], 0..<20 as Range<UInt64>)
    func `a few users of 200 that are always refused stop nobody`(bad: Int64, seed: UInt64) throws {
        var fleet = Fleet()
        var random = SplitMix64(seed: seed)
        for _ in 0..<2_000 {
            let user = Int64.random(in: 0..<200, using: &random)
            let outcome = try fleet.call(user, user < bad ? .refused(status: 422) : .refreshed)
            #expect(outcome != nil && outcome?.kind != .misconfigured)
        }
        #expect(!fleet.isOpen)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `refusals are quick and work is slow: calls under way count for the others`(seed: UInt64) throws {
        var fleet = Fleet(.init(requestsPerSecond: 20, slowStart: .zero))
        var random = SplitMix64(seed: seed)
        var calls: [(ends: Timestamp, ticket: Admission.Ticket, user: Int64)] = []
        // A tenth is refused at once, the rest takes half a minute; 20 s of calls, from the start on.
        for step in 0..<600 as Range<Int64> {
            fleet.now = fleet.now.advanced(by: .milliseconds(50))
            for call in calls where call.ends <= fleet.now {
                let isBad = call.user % 10 == 0
                _ = try fleet.end(
                    call.ticket, call.user, isBad ? .refused(status: 404) : .refreshed,
                    after: isBad ? .milliseconds(50) : .seconds(30))
            }
            calls.removeAll { $0.ends <= fleet.now }
            guard step < 400, case .granted = fleet.admission.permits(for: 1, now: fleet.now).permits else { continue }
            let ticket = fleet.admission.begin(1, now: fleet.now)
            let user = Int64.random(in: 0..<10_000, using: &random)
            let latency: Duration = user % 10 == 0 ? .milliseconds(50) : .seconds(30)
            calls.append((fleet.now.advanced(by: latency), ticket, user))
        }
        #expect(!fleet.isOpen)
    }

    // MARK: Everybody's affair

    @Test func `everybody refused opens it with the third user, who is not to blame for it`() throws {
        var fleet = Fleet()
        #expect(try fleet.call(1, .refused(status: 404)) == .refused(status: 404))
        #expect(try fleet.call(2, .refused(status: 404)) == .refused(status: 404))
        #expect(try fleet.call(3, .refused(status: 404)) == wrong)
        guard case .open(let opening) = fleet.admission.breaker.state else {
            Issue.record("not opened")
            return
        }
        #expect(opening.cause == .misconfigured(.status(404)))
        #expect(try fleet.call(4, .refused(status: 404)) == nil)
    }

    @Test func `as many users as the fleet's throttling needs`() throws {
        var policy = Breaker.Policy()
        policy.users = 5
        var fleet = Fleet(.init(slowStart: .zero, breaker: policy))
        for user in 1...4 as ClosedRange<Int64> { try fleet.call(user, .refused(status: 400)) }
        #expect(!fleet.isOpen)
        try fleet.call(5, .refused(status: 400))
        #expect(fleet.isOpen)
    }

    @Test(arguments: [64, 65, 100, 1_000] as [Int64])
    func `before the first answer a wrong address opens it at any threshold`(users: Int64) throws {
        var policy = Breaker.Policy()
        policy.users = Int(users)
        var fleet = Fleet(.init(slowStart: .zero, breaker: policy))
        for user in 1..<users { try fleet.call(user, .refused(status: 404)) }
        #expect(!fleet.isOpen)
        #expect(try fleet.call(users, .refused(status: 404)) == wrong)
        #expect(fleet.isOpen)
    }

    @Test func `a probe of an earlier round that was not made after all allows no further probe`() throws {
        var fleet = Fleet()
        for user in 1...3 as ClosedRange<Int64> { try fleet.call(user, .refused(status: 404)) }
        var rounds: [[Admission.Ticket]] = []
        for _ in 0..<2 {
            try fleet.waitOutPause()
            var tickets: [Admission.Ticket] = []
            while case .granted = fleet.admission.permits(for: 1, now: fleet.now).permits {
                tickets.append(fleet.admission.begin(1, now: fleet.now))
            }
            rounds.append(tickets)
            if rounds.count == 1 {
                _ = try fleet.end(tickets.removeLast(), 4, .unavailable(.nameNotResolved))
                rounds[0] = tickets
            }
        }
        fleet.admission.cancel(try #require(rounds[0].last), count: 1)
        guard case .refused = fleet.admission.permits(for: 1, now: fleet.now).permits else {
            Issue.record("one probe more than a round has")
            return
        }
    }

    @Test func `a fleet of one user has its three calls, far apart as they are`() throws {
        var fleet = Fleet()
        for _ in 0..<2 {
            #expect(try fleet.call(1, .refused(status: 404)) == .refused(status: 404))
            fleet.now = fleet.now.advanced(by: .days(1))
        }
        #expect(try fleet.call(1, .refused(status: 404)) == wrong)
    }

    @Test func `after answers, three users are enough once the window is past, and ten in a row at any time`() throws {
        var fleet = Fleet()
        try fleet.call(0, .refreshed)
        for user in 1...3 as ClosedRange<Int64> { try fleet.call(user, .refused(status: 404)) }
        #expect(!fleet.isOpen)
        fleet.now = fleet.now.advanced(by: .minutes(1))
        for user in 4...5 as ClosedRange<Int64> { try fleet.call(user, .refused(status: 404)) }
        #expect(!fleet.isOpen)
        #expect(try fleet.call(6, .refused(status: 404)) == wrong)

        fleet = Fleet()
        try fleet.call(0, .refreshed)
        for user in 1...9 as ClosedRange<Int64> { try fleet.call(user, .refused(status: 404)) }
        #expect(!fleet.isOpen)
        #expect(try fleet.call(10, .refused(status: 404)) == wrong)
    }

    @Test func `after a reload what was answered before proves nothing`() throws {
        var fleet = Fleet()
        let late = fleet.admission.begin(1, now: fleet.now)
        try fleet.call(0, .refreshed)
        fleet.admission.configure(fleet.admission.policy, now: fleet.now)
        try fleet.call(1, .refused(status: 405))
        // It began before.
        _ = try fleet.end(late, 9, .refreshed)
        try fleet.call(2, .refused(status: 405))
        #expect(try fleet.call(3, .refused(status: 405)) == .misconfigured(.status(405)))
    }

    // MARK: Open

    @Test func `while it is open for that nobody refused is to blame`() throws {
        var fleet = Fleet()
        let late = fleet.admission.begin(2, now: fleet.now)
        for user in 1...3 as ClosedRange<Int64> { try fleet.call(user, .refused(status: 404)) }
        #expect(try fleet.end(late, 4, .refused(status: 404)) == wrong)
        try fleet.waitOutPause()
        #expect(try fleet.end(late, 5, .refused(status: 404)) == wrong)
        #expect(try fleet.call(6, .refused(status: 404)) == wrong)
        guard case .open(let opening) = fleet.admission.breaker.state else {
            Issue.record("not opened again")
            return
        }
        #expect(opening.count == 2)
        #expect(opening.cause == .probeFailed(wrong))
    }

    @Test func `one answer proves that not everybody is refused, after a probe that was refused too`() throws {
        var fleet = Fleet()
        let late = fleet.admission.begin(1, now: fleet.now)
        for user in 1...3 as ClosedRange<Int64> { try fleet.call(user, .refused(status: 404)) }
        // It began before, when all was well maybe.
        _ = try fleet.end(late, 9, .refreshed)
        #expect(fleet.isOpen)
        try fleet.waitOutPause()
        guard case .granted(let count) = fleet.admission.permits(for: 3, now: fleet.now).permits else {
            Issue.record("no probes")
            return
        }
        #expect(count == 3)
        let probes = fleet.admission.begin(3, now: fleet.now)
        #expect(try fleet.end(probes, 1, .refused(status: 404)) == wrong)
        #expect(fleet.isOpen)
        #expect(try fleet.end(probes, 20, .rejected(messages: [])) == .rejected(messages: []))
        #expect(!fleet.isOpen)
    }

    @Test func `refused probes of an API that was down are replaced, until several users' tell more`() throws {
        var fleet = Fleet()
        for user in 0..<10 as Range<Int64> { try fleet.call(user, .unavailable(.notConnected)) }
        try fleet.waitOutPause()
        #expect(try fleet.call(11, .refused(status: 404)) == .refused(status: 404))
        #expect(try fleet.call(12, .refused(status: 404)) == .refused(status: 404))
        guard case .probing(_, let started, _) = fleet.admission.breaker.state else {
            Issue.record("not probing")
            return
        }
        #expect(started == 0)
        // A gateway that lost its API refuses everybody: the probes do not walk through the whole fleet.
        #expect(try fleet.call(13, .refused(status: 404)) == wrong)
        guard case .open(let opening) = fleet.admission.breaker.state else {
            Issue.record("not opened again")
            return
        }
        #expect(opening.count == 2)
    }

    @Test func `a reload tries again at once what was misconfigured, and leaves an outage its pause`() throws {
        var fleet = Fleet()
        for user in 1...3 as ClosedRange<Int64> { try fleet.call(user, .refused(status: 404)) }
        let changes = fleet.admission.configure(fleet.admission.policy, now: fleet.now)
        guard case .breaker(.probing)? = changes.first else {
            Issue.record("not probing: \(changes)")
            return
        }
        for user in 1...3 as ClosedRange<Int64> { try fleet.call(user, .refreshed) }
        #expect(!fleet.isOpen)
        for user in 0..<10 as Range<Int64> { try fleet.call(user, .unavailable(.notConnected)) }
        let state = fleet.admission.breaker.state
        #expect(fleet.isOpen)
        #expect(fleet.admission.configure(fleet.admission.policy, now: fleet.now).isEmpty)
        #expect(fleet.admission.breaker.state == state)
    }

    @Test func `refusals neither open it as failures do nor hide them`() throws {
        var fleet = Fleet()
        for user in 0..<5 as Range<Int64> { try fleet.call(user, .refreshed) }
        for round in 0..<5 as Range<Int64> {
            try fleet.call(7, .refused(status: 404))
            try fleet.call(20 + round, .unavailable(.notConnected))
        }
        // Five of ten calls that tell something of the API.
        guard case .open(let opening) = fleet.admission.breaker.state else {
            Issue.record("not opened")
            return
        }
        #expect(opening.cause == .failureRate(failed: 5, calls: 10, latest: .unavailable(.notConnected)))
    }

    @Test func `a key that is missing here is no failure of the API`() {
        let missing = Outcome.misconfigured(.keyMissing)
        let failures = Breaker.Cause.failureRate(failed: 9, calls: 9, latest: missing)
        for cause in [.misconfigured(.keyMissing), failures, .probeFailed(missing)] as [Breaker.Cause] {
            #expect(cause.isOfSilence && cause.blame == .configuration)
        }
        #expect(!Breaker.Cause.failureRate(failed: 9, calls: 9, latest: .misconfigured(.status(404))).isOfSilence)
    }
}
