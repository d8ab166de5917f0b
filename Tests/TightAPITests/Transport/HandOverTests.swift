import NIOHTTP2
import RefreshCore
import Testing

@testable import TightAPI

/// What becomes of calls that an HTTP/2 server said it did nothing with.
@Suite(.timeLimit(.minutes(1))) struct HandOverTests {
    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
    }

    private func settings(_ server: HTTP2FaultServer) throws -> TightClientSettings {
        var settings = try localSettings(port: server.port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        return settings
    }

    /// Makes the calls, so many at once.
    private func refresh(_ client: TightClient, times: Int, atOnce: Int) async throws -> [Outcome] {
        try await withThrowingTaskGroup(of: Outcome.self) { group in
            var outcomes: [Outcome] = []
            for count in 0..<times {
                if count >= atOnce, let outcome = try await group.next() { outcomes.append(outcome) }
                group.addTask { await client.refresh(try randomToken()).outcome }
            }
            return try await group.reduce(into: outcomes) { $0.append($1) }
        }
    }

    @Test(arguments: [false, true])
    func `answers every call once where connections end after 100 requests`(resets: Bool) async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let turnover = Turnover(requests: 100, resets: resets)
        let server = try await HTTP2FaultServer(.success, streams: 128, turnover: turnover, tls: tls)
        let outcomes = try await withClient(settings(server)) {
            try await refresh($0, times: 5_000, atOnce: 64)
        }
        #expect(outcomes.count == 5_000)
        let failed = outcomes.filter { $0 != .refreshed }
        #expect(failed == [])
        let log = server.log
        let served = log.requests.count
        #expect(served == 5_000)
        let isEachAnother = Set(log.requests).count == 5_000
        #expect(isEachAnother)
        #expect(log.connections >= 50)
        #expect(log.declinedStreams > 0)
        try await server.close()
    }

    @Test func `gives what a server that goes away has not begun to another connection, and waits for the rest`()
        async throws
    {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(
            .successBehindGate,
            .goAwayAfterFirst,
            .success,
            .successBehindGate,
            gate: Gate(2),
            tls: tls
        )
        try await withClient(settings(server)) { client in
            let token = try randomToken()
            let first = Task { await client.refresh(token) }
            for await _ in server.log.arrivals { break }
            let second = await client.refresh(try randomToken())
            #expect(second == RefreshAnswer(outcome: .refreshed, httpStatus: 200))
            // The first has its answer only now, on the connection that takes no more calls.
            let third = await client.refresh(try randomToken())
            #expect(third.outcome == .refreshed)
            let answered = await first.value
            #expect(answered.outcome == .refreshed)
        }
        let requests = server.log.requests
        #expect(requests.count == 4)
        #expect(requests[1] == requests[2])
        #expect(server.log.connections == 2)
        try await server.close()
    }

    @Test func `hands over all that a server that goes away has not begun, the oldest first`() async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let silence = HTTP2Fault.silence
        let server = try await HTTP2FaultServer(
            silence, silence, silence, silence, silence, silence, silence, .goAwayAfterFirst, .success, tls: tls)
        try await withClient(settings(server)) { client in
            var calls: [Task<RefreshAnswer, Never>] = []
            var arrivals = server.log.arrivals.makeAsyncIterator()
            for _ in 0..<8 {
                let token = try randomToken()
                calls.append(Task { await client.refresh(token) })
                await arrivals.next()
            }
            for call in calls.dropFirst() {
                let answer = await call.value
                #expect(answer.outcome == .refreshed)
            }
            calls[0].cancel()
            let given = await calls[0].value
            #expect(given.outcome == .unknown(.givenUp))
        }
        let requests = server.log.requests
        #expect(requests.count == 15)
        #expect(requests[8...] == requests[1..<8])
        #expect(server.log.connections == 2)
        try await server.close()
    }

    @Test func `gives a call that was handed over precedence over those that wait`() async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let fault = HTTP2Fault.goAwayUnprocessed
        let server = try await HTTP2FaultServer(fault, fault, .success, streams: 1, tls: tls)
        var settings = try settings(server)
        settings.maximumConnections = 1
        let outcomes = try await withClient(settings) { try await refresh($0, times: 5, atOnce: 5) }
        #expect(outcomes == Array(repeating: .refreshed, count: 5))
        let requests = server.log.requests
        #expect(requests.count == 7)
        #expect(Set(requests.prefix(3)).count == 1)
        try await server.close()
    }

    @Test func `hands a call over three times and calls it unavailable then`() async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let fault = HTTP2Fault.goAwayUnprocessed
        let server = try await HTTP2FaultServer(fault, fault, fault, fault, .success, tls: tls)
        try await withClient(settings(server)) { client in
            let answer = await client.refresh(try randomToken())
            #expect(answer == RefreshAnswer(outcome: .unavailable(.notConnected), httpStatus: nil))
            #expect(server.log.requests.count == 4)
            let next = await client.refresh(try randomToken())
            #expect(next.outcome == .refreshed)
        }
        #expect(server.log.connections == 5)
        try await server.close()
    }

    /// As HAProxy 2.6 does when the server behind it dies under a request that it has read.
    @Test func `takes no refusal of a stream that was allowed at its word`() async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(.reset(.refusedStream), streams: 300, tls: tls)
        let outcomes = try await withClient(settings(server)) {
            try await refresh($0, times: 300, atOnce: 300)
        }
        #expect(outcomes == Array(repeating: .unknown(.connectionLost), count: 300))
        #expect(server.log.requests.count == 300)
        #expect(server.log.connections == 1)
        try await server.close()
    }

    @Test(arguments: [(1, true), (2, false)])
    func `takes a refusal at its word where the stream was one more than the server had come to allow`(
        allowed: Int,
        isOneTooMany: Bool
    ) async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(
            .successBehindGate,
            .allowAndRefuse(streams: allowed),
            .successBehindGate,
            gate: Gate(2),
            tls: tls
        )
        try await withClient(settings(server)) { client in
            let token = try randomToken()
            let first = Task { await client.refresh(token) }
            for await _ in server.log.arrivals { break }
            let second = await client.refresh(try randomToken())
            #expect(second.outcome == (isOneTooMany ? .refreshed : .unknown(.connectionLost)))
            if !isOneTooMany { _ = await client.refresh(try randomToken()) }
            let answered = await first.value
            #expect(answered.outcome == .refreshed)
        }
        let requests = server.log.requests
        #expect(requests.count == 3)
        #expect((requests[1] == requests[2]) == isOneTooMany)
        try await server.close()
    }

    @Test(arguments: [HTTP2Fault.close, .reset(.internalError)])
    func `does not know what came of a call that was lost once it was handed over`(fault: HTTP2Fault) async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(.goAwayUnprocessed, fault, .success, tls: tls)
        let answer = try await call(settings(server))
        #expect(answer.outcome == .unknown(.connectionLost))
        #expect(server.log.requests.count == 2)
        try await server.close()
    }

    @Test func `is sure that a call was not made if no other connection can be had`() async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(.success, .goAwayUnprocessed, .success, tls: tls)
        try await withClient(settings(server)) { client in
            let first = await client.refresh(try randomToken())
            #expect(first.outcome == .refreshed)
            // Its connection stays; others are refused.
            try await server.close()
            let second = await client.refresh(try randomToken())
            #expect(second == RefreshAnswer(outcome: .unavailable(.notConnected), httpStatus: nil))
        }
        #expect(server.log.requests.count == 2)
    }

    @Test func `hands over no call that was cancelled`() async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(.silence, .goAwayUnprocessed, .success, tls: tls)
        try await withClient(settings(server)) { client in
            let token = try randomToken()
            let first = Task { await client.refresh(token) }
            for await _ in server.log.arrivals { break }
            first.cancel()
            let given = await first.value
            #expect(given.outcome == .unknown(.givenUp))
            let second = await client.refresh(try randomToken())
            #expect(second.outcome == .refreshed)
        }
        let requests = server.log.requests
        #expect(requests.count == 3)
        #expect(requests[1] == requests[2])
        try await server.close()
    }

    @Test func `hands over no call that may not wait for a connection any more`() async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(.silence, .goAwayUnprocessed, .success, tls: tls)
        var settings = try settings(server)
        settings.connectTimeout = .seconds(2)
        try await withClient(settings) { client in
            let token = try randomToken()
            let first = Task { await client.refresh(token) }
            for await _ in server.log.arrivals { break }
            // Its time to wait has begun before it arrived.
            try await Task.sleep(for: settings.connectTimeout)
            let second = await client.refresh(try randomToken())
            #expect(second.outcome == .refreshed)
            let refused = await first.value
            #expect(refused == RefreshAnswer(outcome: .unavailable(.notConnected), httpStatus: nil))
        }
        #expect(server.log.requests.count == 3)
        try await server.close()
    }
}
