import Testing

@testable import RefreshCore

/// A connection that ends under many calls is one event.
struct LostConnectionTests {
    private let start = Timestamp.startOfDay(20_000)
    private let user = Place(of: Arbitrary.id, seed: 1)

    private func admission() -> Admission {
        Admission(
            policy: .init(
                requestsPerSecond: 10_000, burst: 10_000, concurrency: .init(min: 4, max: 512), slowStart: .zero),
            now: start)
    }

    private func lose(
        _ admission: inout Admission, _ ticket: Admission.Ticket, calls: Int, connection: UInt64?, now: Timestamp
    ) -> [Event] {
        var random = SplitMix64(seed: 1)
        var changes: [Event] = []
        for _ in 0..<calls {
            let call = EndedCall(
                outcome: .unknown(.connectionLost), user: user, latency: .seconds(2), lostConnection: connection)
            changes += admission.end(ticket, call, now: now, using: &random).changes
        }
        return changes
    }

    @Test func `the calls of one connection count once, those of several that end one after the other each`() {
        var admission = admission()
        var now = start
        let ticket = admission.begin(400, now: now)
        #expect(lose(&admission, ticket, calls: 256, connection: 1, now: now).isEmpty)
        #expect(admission.inFlight == 144)
        for connection in 2...9 as ClosedRange<UInt64> {
            now = now.advanced(by: .milliseconds(300))
            #expect(lose(&admission, ticket, calls: 10, connection: connection, now: now).isEmpty)
        }
        #expect(admission.breaker.state == .closed)
        now = now.advanced(by: .milliseconds(300))
        let tenth = lose(&admission, ticket, calls: 10, connection: 10, now: now)
        guard case .breaker(.opened(let opening))? = tenth.first, tenth.count == 1 else {
            Issue.record("not opened once: \(tenth)")
            return
        }
        #expect(opening.cause == .failureRate(failed: 10, calls: 10, latest: .unknown(.connectionLost)))
    }

    /// A server's process that dies takes every connection that it holds along: over HTTP/1.1 one for each call.
    @Test func `connections that end together count once, however many`() {
        var admission = admission()
        let ticket = admission.begin(128, now: start)
        for connection in 0..<128 as Range<UInt64> {
            let now = start.advanced(by: .milliseconds(Int(connection)))
            #expect(lose(&admission, ticket, calls: 1, connection: connection, now: now).isEmpty)
        }
        #expect(admission.breaker.state == .closed && admission.inFlight == 0)
        // Once, but once: nine more of the kind and the breaker opens.
        var now = start
        for connection in 1_000..<1_009 as Range<UInt64> {
            #expect(admission.breaker.state == .closed, "\(connection)")
            now = now.advanced(by: .seconds(1))
            let ticket = admission.begin(1, now: now)
            _ = lose(&admission, ticket, calls: 1, connection: connection, now: now)
        }
        #expect(admission.breaker.state != .closed)
    }

    @Test func `a server that ends each connection as soon as it is called is found out within ten calls`() {
        var admission = admission()
        for connection in 0..<10 as Range<UInt64> {
            #expect(admission.breaker.state == .closed, "\(connection)")
            let now = start.advanced(by: .milliseconds(2 * Int(connection)))
            let ticket = admission.begin(1, now: now)
            _ = lose(&admission, ticket, calls: 1, connection: connection, now: now)
        }
        #expect(admission.breaker.state != .closed)
    }

    @Test func `a clock that is set back makes no moment last`() {
        var admission = admission()
        let ticket = admission.begin(10, now: start)
        for connection in 0..<10 as Range<UInt64> {
            #expect(admission.breaker.state == .closed, "\(connection)")
            let now = start.advanced(by: .seconds(-60 * Int(connection)))
            _ = lose(&admission, ticket, calls: 1, connection: connection, now: now)
        }
        #expect(admission.breaker.state != .closed)
    }

    @Test func `a connection that nobody names counts for each call`() {
        var admission = admission()
        let ticket = admission.begin(20, now: start)
        #expect(lose(&admission, ticket, calls: 9, connection: nil, now: start).isEmpty)
        #expect(lose(&admission, ticket, calls: 1, connection: nil, now: start).count == 1)
    }

    @Test func `one connection's end is no overload`() {
        var admission = admission()
        var random = SplitMix64(seed: 1)
        var now = start
        for _ in 0..<60 {
            now = now.advanced(by: .seconds(10))
            guard case .granted(let count) = admission.permits(for: .max, now: now).permits else { continue }
            let ticket = admission.begin(count, now: now)
            for _ in 0..<count {
                let call = EndedCall(outcome: .refreshed, user: user, latency: .seconds(2))
                _ = admission.end(ticket, call, now: now, using: &random)
            }
        }
        #expect(admission.limit.value == 512)
        let ticket = admission.begin(512, now: now)
        _ = lose(&admission, ticket, calls: 256, connection: 7, now: now)
        #expect(admission.limit.value == 512)
        _ = lose(&admission, ticket, calls: 256, connection: nil, now: now)
        #expect(admission.limit.value < 512)
    }

    @Test func `a round of probes on one connection fails once`() {
        var admission = admission()
        let ticket = admission.begin(10, now: start)
        _ = lose(&admission, ticket, calls: 10, connection: nil, now: start)
        guard let until = admission.breaker.waitsUntil,
            case .granted(3) = admission.permits(for: 9, now: until).permits
        else {
            Issue.record("no probes")
            return
        }
        let probes = admission.begin(3, now: until)
        let changes = lose(&admission, probes, calls: 3, connection: 8, now: until)
        #expect(changes.count == 1)
        guard case .open(let opening) = admission.breaker.state else {
            Issue.record("not opened again")
            return
        }
        #expect(opening.count == 2)
    }

    @Test func `of many connections only the latest are remembered`() {
        var admission = admission()
        admission.configure(
            Admission.Policy(breaker: Breaker.Policy(failureRate: 1, minimumCalls: .max)), now: start)
        let ticket = admission.begin(20_000, now: start)
        for connection in 0..<10_000 as Range<UInt64> {
            _ = lose(&admission, ticket, calls: 2, connection: connection, now: start)
        }
        #expect(admission.inFlight == 0)
    }
}
