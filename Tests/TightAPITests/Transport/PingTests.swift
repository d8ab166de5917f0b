import NIOCore
import NIOPosix
import RefreshCore
import Testing

@testable import TightAPI

#if canImport(Glibc)
import Glibc
#endif

@Suite(.timeLimit(.minutes(1))) struct PingTests {
    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
    }

    private func server(_ first: HTTP2Fault, _ second: HTTP2Fault, _ last: HTTP2Fault) async throws -> HTTP2FaultServer
    {
        try await HTTP2FaultServer(first, second, last, tls: authority.serverTLS(protocols: ["h2"]))
    }

    private func settings(port: Int, pingAfter: Duration, pingTimeout: Duration) throws -> TightClientSettings {
        var settings = try localSettings(port: port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        settings.timeout = .seconds(50)
        settings.pingAfter = pingAfter
        settings.pingTimeout = pingTimeout
        return settings
    }

    @Test func `finds out that a connection is dead long before its calls are late`() async throws {
        let server = try await server(.silence, .silence, .success)
        let relay = try await Relay(to: server.port)
        let settings = try settings(port: relay.port, pingAfter: .milliseconds(200), pingTimeout: .milliseconds(200))
        try await withClient(settings) { client in
            let tokens = [try randomToken(), try randomToken()]
            let calls = tokens.map { token in Task { await client.refresh(token) } }
            var arrived = 0
            for await _ in server.log.arrivals {
                arrived += 1
                if arrived == 2 { break }
            }
            relay.forget()
            var lost: Set<UInt64?> = []
            for call in calls {
                let answer = await call.value
                #expect(answer.outcome == .unknown(.connectionLost))
                lost.insert(answer.lostConnection)
            }
            #expect(lost.count == 1 && !lost.contains(nil))
            let next = await client.refresh(try randomToken())
            #expect(next.outcome == .refreshed)
        }
        #expect(server.log.requests.count == 3)
        try await relay.close()
        try await server.close()
    }

    @Test func `trusts no new call to a connection that owes an answer`() async throws {
        let server = try await server(.silence, .success, .success)
        let relay = try await Relay(to: server.port)
        let settings = try settings(port: relay.port, pingAfter: .milliseconds(200), pingTimeout: .seconds(1))
        try await withClient(settings) { client in
            let token = try randomToken()
            let first = Task { await client.refresh(token) }
            for await _ in server.log.arrivals { break }
            relay.forget()
            // The first question is on its way into nothing.
            for await _ in relay.swallowed { break }
            let second = await client.refresh(try randomToken())
            #expect(second.outcome == .refreshed)
            let answer = await first.value
            #expect(answer.outcome == .unknown(.connectionLost))
        }
        #expect(server.log.requests.count == 2)
        #expect(server.log.connections == 2)
        try await relay.close()
        try await server.close()
    }

    @Test func `leaves a call alone whose server is there, however long it takes`() async throws {
        let server = try await server(.silence, .success, .success)
        let settings = try settings(port: server.port, pingAfter: .milliseconds(20), pingTimeout: .milliseconds(500))
        try await withClient(settings) { client in
            let token = try randomToken()
            let call = Task { await client.refresh(token) }
            while server.log.pings < 5 { try await Task.sleep(for: .milliseconds(10)) }
            // The second call comes between two questions, or finds another connection.
            let other = await client.refresh(try randomToken())
            #expect(other.outcome == .refreshed)
            call.cancel()
            let given = await call.value
            #expect(given.outcome == .unknown(.givenUp))
        }
        try await server.close()
    }

    @Test func `asks a server that complains half as often, on other connections too`() async throws {
        let server = try await server(.complainThenSuccess, .successAfterTheirPing, .success)
        let silence = Duration.milliseconds(300)
        let settings = try settings(port: server.port, pingAfter: silence, pingTimeout: .seconds(5))
        try await withClient(settings) { client in
            let first = await client.refresh(try randomToken())
            #expect(first.outcome == .refreshed)
            let begin = ContinuousClock.now
            let second = await client.refresh(try randomToken())
            #expect(second.outcome == .refreshed)
            // The answer comes with the question: no sooner than twice the silence.
            #expect(ContinuousClock.now - begin >= silence * 2)
        }
        #expect(server.log.connections == 2)
        try await server.close()
    }

    @Test func `asks nobody where it is told not to`() async throws {
        let server = try await server(.success, .success, .success)
        var settings = try settings(port: server.port, pingAfter: .zero, pingTimeout: .milliseconds(1))
        settings.timeout = .seconds(5)
        let answer = try await call(settings)
        #expect(answer.outcome == .refreshed)
        #expect(PoolLimits(settings).pingAfter == nil)
        #expect(server.log.pings == 0)
        try await server.close()
    }

    @Test func `has the kernel watch every connection`() async throws {
        let server = try await FaultServer(.silence)
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let channel = try await ClientBootstrap(group: eventLoop).connect(host: "127.0.0.1", port: server.port).get()
        let options = [TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_USER_TIMEOUT]
        let values = try await eventLoop.submit {
            try Vigilance(after: .seconds(10), timeout: .seconds(5)).watch(channel)
            let watch = try channel.syncOptions?.getOption(.socketOption(.so_keepalive))
            return [watch]
                + (try options.map { try channel.syncOptions?.getOption(.tcpOption(.init(rawValue: $0))) })
        }.get()
        #expect(values == [1, 10, 5, 2, 20_000])
        try await channel.close()
        try await server.close()
    }

    // MARK: The rules

    private func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds) }

    @Test func `two questions are asked, one time of waiting apart, and then it is over`() {
        var watch = PingWatch()
        func step(_ now: Int64, silentSince: Int64 = 0) -> PingWatch.Step {
            watch.step(at(now), silentSince: at(silentSince), after: .seconds(10), timeout: .seconds(5))
        }
        #expect(step(9) == .wait(until: at(10)))
        #expect(step(10) == .ask)
        #expect(step(14) == .wait(until: at(15)))
        #expect(step(15) == .ask)
        #expect(step(19) == .wait(until: at(20)))
        #expect(step(20) == .giveUp)
    }

    @Test func `whatever comes is an answer`() {
        var watch = PingWatch()
        #expect(!watch.owesAnswer)
        _ = watch.step(at(10), silentSince: at(0), after: .seconds(10), timeout: .seconds(5))
        #expect(watch.owesAnswer)
        watch.heard()
        #expect(!watch.owesAnswer)
        let step = watch.step(at(15), silentSince: at(12), after: .seconds(10), timeout: .seconds(5))
        #expect(step == .wait(until: at(22)))
    }

    @Test func `a complaint doubles the silence, up to an hour, and many at once are one`() {
        var courtesy = PingCourtesy(.seconds(10))
        courtesy.complained(at(100))
        courtesy.complained(at(101))
        #expect(courtesy.silence == .seconds(20))
        courtesy.complained(at(121))
        #expect(courtesy.silence == .seconds(40))
        for time in 1...20 { courtesy.complained(at(10_000 * Int64(time))) }
        #expect(courtesy.silence == .hours(1))
        var none = PingCourtesy(nil)
        none.complained(at(1))
        #expect(none.silence == nil)
    }
}
