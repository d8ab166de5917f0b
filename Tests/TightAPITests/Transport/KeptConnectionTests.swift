import NIOCore
import NIOPosix
import RefreshCore
import Synchronization
import Testing

@testable import TightAPI

#if canImport(Glibc)
import Glibc
#endif

@Suite(.timeLimit(.minutes(1))) struct KeptConnectionTests {
    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
    }

    @Test(arguments: ["h2", "http/1.1"])
    func `closes a connection that no call has needed for a while`(version: String) async throws {
        let tls = try authority.serverTLS(protocols: [version])
        let shared = try await HTTP2FaultServer(.success, tls: tls)
        let single = try await FaultServer(.success, tls: tls)
        let (port, log) = version == "h2" ? (shared.port, shared.log) : (single.port, single.log)
        var settings = try localSettings(port: port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        settings.idleTimeout = .milliseconds(200)
        settings.idleTimeoutHTTP1 = .milliseconds(200)
        try await withClient(settings) { client in
            for _ in 0..<2 {
                let answer = await client.refresh(try randomToken())
                #expect(answer.outcome == .refreshed)
                for await _ in log.ends { break }
            }
        }
        #expect(log.connections == 2)
        try await shared.close()
        try await single.close()
    }

    @Test func `falls back to HTTP/1.1 where the server speaks nothing else, on as many connections as it needs`()
        async throws
    {
        let tls = try authority.serverTLS(protocols: ["http/1.1"])
        let server = try await FaultServer(.silence, .silence, .silence, .success, tls: tls)
        var settings = try localSettings(port: server.port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        try await withClient(settings) { client in
            let token = try randomToken()
            let silent = (0..<3).map { _ in Task { await client.refresh(token) } }
            var arrived = 0
            for await _ in server.log.arrivals {
                arrived += 1
                if arrived == 3 { break }
            }
            let answer = await client.refresh(try randomToken())
            #expect(answer.outcome == .refreshed)
            for task in silent { task.cancel() }
            for task in silent {
                let given = await task.value
                #expect(given.outcome == .unknown(.givenUp))
            }
        }
        #expect(server.log.connections == 4)
        try await server.close()
    }

    @Test func `never sends again when a kept connection ends under a request`() async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(.success, .close, .success, tls: tls)
        var settings = try localSettings(port: server.port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        try await withClient(settings) { client in
            let first = await client.refresh(try randomToken())
            #expect(first.outcome == .refreshed)
            let second = await client.refresh(try randomToken())
            #expect(second.outcome == .unknown(.connectionLost))
            #expect(server.log.requests.count == 2)
            let third = await client.refresh(try randomToken())
            #expect(third.outcome == .refreshed)
        }
        #expect(server.log.requests.count == 3)
        #expect(server.log.connections == 2)
        try await server.close()
    }

    // MARK: HTTP/1.1

    private static func success(_ headers: String = "") -> String {
        "HTTP/1.1 200 OK\r\n\(headers)Content-Length: 20\r\n\r\n{\"result\":\"SUCCESS\"}"
    }

    /// Makes calls at this rhythm, and returns how many were not refreshed.
    private func countFailures(_ client: TightClient, calls: Int, every pause: Duration) async throws -> Int {
        var failures = 0
        for _ in 0..<calls {
            if await client.refresh(try randomToken()).outcome != .refreshed { failures += 1 }
            try await Task.sleep(for: pause)
        }
        return failures
    }

    @Test func `loses no call where the server closes idle connections at just the rhythm of the calls`() async throws {
        let idle = Duration.milliseconds(100)
        let server = try await FaultServer(.writeAndCloseIdle(Self.success(), after: idle))
        var settings = try localSettings(port: server.port)
        settings.idleTimeoutHTTP1 = .milliseconds(80)
        let failures = try await withClient(settings) { try await countFailures($0, calls: 20, every: idle) }
        #expect(failures == 0)
        #expect(server.log.requests.count == 20)
        #expect(server.log.connections == 20)
        try await server.close()
    }

    @Test func `loses no call where the server says how long it keeps a connection`() async throws {
        let fault = Fault.writeAndCloseIdle(Self.success("Keep-Alive: timeout=1, max=9\r\n"), after: .seconds(1))
        let server = try await FaultServer(fault)
        let failures = try await withClient(localSettings(port: server.port)) { client in
            try await countFailures(client, calls: 3, every: .milliseconds(1))
                + countFailures(client, calls: 4, every: .seconds(1))
        }
        #expect(failures == 0)
        #expect(server.log.requests.count == 7)
        #expect(server.log.connections == 4)
        try await server.close()
    }

    @Test func `learns how long a server keeps a connection that says nothing of it`() async throws {
        let idle = Duration.milliseconds(200)
        let server = try await FaultServer(.writeAndCloseIdle(Self.success(), after: idle))
        let failures = try await withClient(localSettings(port: server.port)) { client in
            // One is closed while it is idle; from then on what is idle for so long is not used.
            _ = await client.refresh(try randomToken())
            for await _ in server.log.ends { break }
            return try await countFailures(client, calls: 10, every: idle)
        }
        #expect(failures == 0)
        #expect(server.log.requests.count == 11)
        #expect(server.log.connections == 11)
        try await server.close()
    }

    @Test(arguments: ["Keep-Alive: timeout=5, max=0\r\n", "Connection: close\r\n", "connection: Keep-Alive, close\r\n"])
    func `uses no connection again that the server will not keep`(headers: String) async throws {
        let server = try await FaultServer(.write(Self.success(headers)))
        let failures = try await withClient(localSettings(port: server.port)) {
            try await countFailures($0, calls: 5, every: .zero)
        }
        #expect(failures == 0)
        #expect(server.log.connections == 5)
        try await server.close()
    }

    /// What several gateways say before they close a connection that was idle.
    @Test(arguments: [false, true])
    func `takes what comes on an idle connection for no answer to a call`(isAtOnce: Bool) async throws {
        let farewell = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        let server = try await FaultServer(
            isAtOnce ? .write(Self.success() + farewell) : .writeTwice(Self.success(), farewell))
        let failures = try await withClient(localSettings(port: server.port)) {
            try await countFailures($0, calls: 10, every: isAtOnce ? .zero : .milliseconds(60))
        }
        #expect(failures == 0)
        #expect(server.log.requests.count == 10)
        #expect(server.log.connections == 10)
        try await server.close()
    }

    @Test(arguments: [false, true])
    func `knows what came on a socket before the event loop hears of it`(isEnd: Bool) async throws {
        var handles: [Int32] = [0, 0]
        let made = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &handles)
        #expect(made == 0)
        let (near, far) = (handles[0], handles[1])
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .withConnectedSocket(near).get()
        let (before, after) = try await channel.eventLoop.submit {
            let before = channel.isQuiet
            if isEnd { shutdown(far, Int32(SHUT_WR)) } else { write(far, "a", 1) }
            return (before, channel.isQuiet)
        }.get()
        #expect(before)
        #expect(!after)
        try? await channel.close()
        close(far)
    }

    /// TLS sends tickets behind its handshake.
    @Test func `a new connection with something to read waits until it is read`() async throws {
        var handles: [Int32] = [0, 0]
        let made = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &handles)
        #expect(made == 0)
        let (near, far) = (handles[0], handles[1])
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .withConnectedSocket(near).get()
        let settings = try localSettings(port: 1)
        let eventLoop = channel.eventLoop
        let (wasReady, rests) = try await eventLoop.submit {
            let connector = try Connector(settings, lookup: { _, _ in [] }, eventLoop: eventLoop)
            let pool = ConnectionPool(limits: PoolLimits(settings), connector: connector, eventLoop: eventLoop)
            let connection = HTTP1Connection(pool)
            try connection.add(to: channel)
            let wasReady = connection.readiness(.now()) == .ready
            write(far, "a", 1)
            return (wasReady, connection.readiness(.now()) == .resting)
        }.get()
        #expect(wasReady)
        #expect(rests)
        try? await channel.close()
        close(far)
    }

    @Test func `a new connection that ends at once fails its call, and no other is opened for it`() async throws {
        var handles: [Int32] = [0, 0]
        let made = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &handles)
        #expect(made == 0)
        let (near, far) = (handles[0], handles[1])
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .withConnectedSocket(near).get()
        let settings = try localSettings(port: 1)
        let head = RequestHead(HTTPCall(path: "/"), to: settings.endpoint, userAgent: "test")
        let eventLoop = channel.eventLoop
        let lookups = Mutex(0)
        let lookup: AddressBook.Lookup = { _, _ in
            lookups.withLock { $0 += 1 }
            return []
        }
        let parts = try await eventLoop.submit {
            let connector = try Connector(settings, lookup: lookup, eventLoop: eventLoop)
            let pool = ConnectionPool(limits: PoolLimits(settings), connector: connector, eventLoop: eventLoop)
            let connection = HTTP1Connection(pool)
            try connection.add(to: channel)
            let attempt = ConnectionAttempt(pool, deadline: .distantFuture, isSuccessor: false)
            pool.attempts = [attempt]
            return NIOLoopBoundBox((pool, connection, attempt), eventLoop: eventLoop)
        }.get()
        let result: TransportResult = await withUnsafeContinuation { caller in
            let call = PreparedCall(
                id: 1, head: head, bearer: nil, body: Secret([]), timeout: .seconds(20), beginBy: nil, caller: caller)
            eventLoop.execute {
                let (pool, connection, attempt) = parts.value
                pool.take([.call(call)])
                shutdown(far, Int32(SHUT_WR))
                pool.opened(connection, by: attempt)
            }
        }
        guard case .failed(let failure) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(failure == TransportFailure(cause: .notConnected, evidence: .neverWritten))
        #expect(lookups.withLock { $0 } == 0)
        close(far)
    }

    @Test(arguments: ["h2", "http/1.1"])
    func `replaces connections that are old, and costs no call by it`(version: String) async throws {
        let tls = try authority.serverTLS(protocols: [version])
        let shared = try await HTTP2FaultServer(.success, tls: tls)
        let single = try await FaultServer(.success, tls: tls)
        let (port, log) = version == "h2" ? (shared.port, shared.log) : (single.port, single.log)
        var settings = try localSettings(port: port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        settings.connectionAge = .milliseconds(200)
        try await withClient(settings) { client in
            while log.connections < 4 {
                let answer = await client.refresh(try randomToken())
                #expect(answer.outcome == .refreshed)
            }
        }
        let isEachAnother = Set(log.requests).count == log.requests.count
        #expect(isEachAnother)
        try await shared.close()
        try await single.close()
    }

    @Test func `waits for the calls of an old connection, and sends the others on a new one`() async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(.successBehindGate, .success, gate: Gate(2), tls: tls)
        var settings = try localSettings(port: server.port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        settings.connectionAge = .milliseconds(100)
        try await withClient(settings) { client in
            let token = try randomToken()
            let first = Task { await client.refresh(token) }
            for await _ in server.log.arrivals { break }
            while server.log.connections < 3 {
                let answer = await client.refresh(try randomToken())
                #expect(answer.outcome == .refreshed)
                try await Task.sleep(for: .milliseconds(5))
            }
            first.cancel()
            _ = await first.value
        }
        try await server.close()
    }
}
