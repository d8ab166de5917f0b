import RefreshCore
import Testing

@testable import PostgreSQLStore

/// What stops claims of members of a fleet.
///
/// The server's clock stands where a test sets it.
@Suite(.timeLimit(.minutes(1))) struct PostgreSQLFleetClaimTests {
    @Test func `a member that nobody heard of for 5 s takes no leases`() async throws {
        try await withFleetPair { pair in
            try await pair.addUsers()
            // Not a member yet.
            #expect(try await pair.claims() == [0, 0, 0])
            try await pair.beat()
            #expect(try await pair.claims() == [1, 1, 1])
            try await pair.settings.setServerClock(.second(5))
            #expect(try await pair.claims() == [1, 1, 1])
            try await pair.settings.setServerClock(.second(6))
            #expect(try await pair.claims() == [0, 0, 0])
            _ = try await pair.second.beat(MemberReport())
            #expect(try await pair.claims() == [1, 1, 1])
            try await pair.second.leave()
            #expect(try await pair.claims() == [0, 0, 0])
            // A command is no member, and needs no beat for the one user that it was asked for.
            let command = try await pair.settings.open(as: "a command", leaseClock: .server)
            let leased = try await command.lease(UserID("not due"), now: .now, until: .later).get()
            #expect(leased.user.id.rawValue == "not due")
            await command.close()
        }
    }

    @Test func `a pause of the fleet is in force with the next claim of anybody`() async throws {
        try await withFleetPair { pair in
            try await pair.addUsers()
            try await pair.beat()
            #expect(try await pair.claims() == [1, 1, 1])
            try await pair.one.setFleetPause(FleetPause(until: .second(3), reason: "why"))
            #expect(try await pair.claims() == [0, 0, 1])
            let state = try await pair.second.beat(MemberReport())
            #expect(state.pause == FleetPause(until: .second(3), reason: "why"))
            try await pair.settings.setServerClock(.second(3))
            #expect(try await pair.claims() == [1, 1, 1])
            try await pair.one.setFleetPause(FleetPause(until: nil, reason: nil))
            #expect(try await pair.claims() == [0, 0, 1])
            let endless = try await pair.second.beat(MemberReport())
            #expect(endless.pause == FleetPause(until: nil, reason: nil))
        }
    }

    @Test func `while the breaker is open nobody calls but one, who probes once its pause is over`() async throws {
        try await withFleetPair { pair in
            try await pair.addUsers()
            try await pair.beat()
            let opening = Breaker.Opening(byFleet: "503 for \"all\"", until: .second(30), pause: .seconds(30), count: 1)
            try await pair.first.openBreaker(opening)
            #expect(try await pair.claims() == [0, 0, 1])
            let state = try await pair.beat()
            #expect(state.breaker == opening.asTold && state.prober == nil)
            #expect(try await !pair.second.probe(for: .seconds(60)))
            // One that opened until earlier changes nothing, one that lasts longer does.
            try await pair.second.openBreaker(.init(byFleet: "", until: .second(20), pause: .seconds(1), count: 1))
            #expect(try await pair.beat().breaker == opening.asTold)
            let longer = Breaker.Opening(byFleet: "500", until: .second(40), pause: .seconds(40), count: 2)
            try await pair.second.openBreaker(longer)
            #expect(try await pair.beat().breaker == longer.asTold)

            try await pair.pass(40)
            #expect(try await pair.claims() == [0, 0, 1])
            #expect(try await pair.second.probe(for: .seconds(60)))
            #expect(try await !pair.first.probe(for: .seconds(60)))
            #expect(try await pair.beat().prober == pair.two.member)
            #expect(try await pair.claims() == [0, 1, 1])
            let others = try await pair.one.leaseProbes(now: .now, until: .later, limit: 1)
            #expect(others.isEmpty)
            // Only who probes may say that it is over.
            try await pair.first.closeBreaker()
            #expect(try await pair.claims() == [0, 1, 1])

            // Its right ends, and somebody else's begins.
            try await pair.pass(100)
            #expect(try await pair.claims() == [0, 1, 1])
            try await pair.pass(101)
            #expect(try await pair.beat().prober == nil)
            #expect(try await pair.claims() == [0, 0, 1])
            #expect(try await pair.first.probe(for: .seconds(60)))
            try await pair.second.closeBreaker()
            #expect(try await pair.claims() == [0, 0, 1])
            // A probe failed: the next pause may end before another's would have.
            let again = Breaker.Opening(byFleet: "502", until: .second(110), pause: .seconds(9), count: 3)
            try await pair.first.openBreaker(again)
            #expect(try await pair.beat().breaker == again.asTold)
            try await pair.pass(110)
            #expect(try await pair.second.probe(for: .seconds(60)))
            try await pair.second.closeBreaker()
            let closed = try await pair.beat()
            #expect(closed.breaker == nil && closed.prober == nil)
            #expect(try await pair.claims() == [1, 1, 1])
        }
    }

    @Test func `a prober has no right to probe through the pause that another's failures began`() async throws {
        try await withFleetPair { pair in
            try await pair.addUsers()
            try await pair.first.openBreaker(.init(byFleet: "a", until: .second(1), pause: .seconds(1), count: 1))
            try await pair.pass(1)
            #expect(try await pair.second.probe(for: .seconds(60)))
            try await pair.first.openBreaker(.init(byFleet: "b", until: .second(9), pause: .seconds(8), count: 1))
            #expect(try await pair.claims() == [0, 0, 1])
            try await pair.second.closeBreaker()
            #expect(try await pair.beat().breaker?.until == .second(9))
        }
    }

    @Test func `a wait that Tight asked one member for holds for all, until an operator ends it or it is over`()
        async throws
    {
        try await withFleetPair { pair in
            try await pair.addUsers()
            try await pair.beat()
            let wait = Throttling.Pause(at: .now, length: .seconds(3), users: 4, wasAsked: true)
            try await pair.first.throttle(wait)
            #expect(try await pair.claims() == [0, 0, 1])
            #expect(try await pair.second.beat(MemberReport()).throttling == wait)
            // One that ends sooner changes nothing, one that lasts longer does.
            try await pair.second.throttle(Throttling.Pause(at: .now, length: .seconds(2), users: 3, wasAsked: false))
            #expect(try await pair.beat().throttling == wait)
            let longer = Throttling.Pause(at: .now, length: .seconds(4), users: 3, wasAsked: false)
            try await pair.second.throttle(longer)
            #expect(try await pair.beat().throttling == longer)
            try await pair.pass(4)
            #expect(try await pair.claims() == [1, 1, 1])
            try await pair.first.throttle(Throttling.Pause(at: .now, length: .hours(1), users: 3, wasAsked: true))
            #expect(try await pair.claims() == [0, 0, 1])
            try await pair.second.endThrottling()
            #expect(try await pair.claims() == [1, 1, 1])
            #expect(try await pair.beat().throttling == nil)
        }
    }

    @Test func `a fleet that holds still leases nobody, and says of one user until when`() async throws {
        try await withFleetPair { pair in
            try await pair.addUsers()
            try await pair.beat()
            try await pair.settings.execute(
                "UPDATE bankrefreshd.fleet SET hold_until = \(Timestamp.second(3).microsecondsSinceEpoch)")
            #expect(try await pair.claims() == [0, 0, 0])
            let one = try await pair.two.lease(UserID("not due"), now: .now, until: .later)
            #expect(one == .failure(.inFlight(until: .second(3))))
            try await pair.settings.setServerClock(.second(3))
            #expect(try await pair.claims() == [1, 1, 1])
            let other = try await pair.two.lease(UserID("not due"), now: .now, until: .later).get()
            #expect(other.user.id.rawValue == "not due")
        }
    }
}

extension Breaker.Opening {
    /// What the other members are told of it.
    fileprivate var asTold: Breaker.Opening {
        Breaker.Opening(byFleet: cause.text, until: until, pause: pause, count: count)
    }
}
