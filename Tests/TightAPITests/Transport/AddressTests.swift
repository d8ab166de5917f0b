import NIOCore
import NIOPosix
import RefreshCore
import Synchronization
import Testing

@testable import TightAPI

#if canImport(Glibc)
import Glibc
#endif

/// Several addresses of one host, some of which lead nowhere.
@Suite(.timeLimit(.minutes(1))) struct AddressTests {
    private func address(_ text: String, port: Int = 1) throws -> SocketAddress {
        try SocketAddress(ipAddress: text, port: port)
    }

    /// Lends a client for which `localhost` has these addresses.
    private func withClient(
        _ settings: TightClientSettings,
        addresses: [String],
        _ body: (TightClient) async throws -> Void
    ) async throws {
        let client = try TightClient(settings: settings) { _, port in
            try addresses.map { try SocketAddress(ipAddress: $0, port: port) }
        } now: {
            .epoch
        }
        do {
            try await body(client)
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }

    @Test func `reaches a host one of whose addresses answers nothing`() async throws {
        let server = try await FaultServer(.answer(200, #"{"result":"SUCCESS"}"#, headers: "Connection: close\r\n"))
        let hole = try BlackHole("127.0.0.2", port: server.port)
        try await withClient(localSettings(port: server.port), addresses: ["127.0.0.2", "127.0.0.1"]) { client in
            for _ in 0..<5 {
                let answer = await client.refresh(try randomToken())
                #expect(answer.outcome == .refreshed)
            }
        }
        #expect(server.log.connections == 5)
        _ = consume hole
        try await server.close()
    }

    @Test func `tries an address last where connections came to nothing`() async throws {
        let authority = try TestAuthority()
        let server = try await FaultServer(
            .answer(200, #"{"result":"SUCCESS"}"#, headers: "Connection: close\r\n"),
            tls: authority.serverTLS()
        )
        let other = try await FaultServer(.closeOnAccept, host: "127.0.0.2", port: server.port)
        var settings = try localSettings(port: server.port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        try await withClient(settings, addresses: ["127.0.0.2", "127.0.0.1"]) { client in
            let first = await client.refresh(try randomToken())
            #expect(first.outcome == .unavailable(.handshakeFailed))
            for _ in 0..<5 {
                let answer = await client.refresh(try randomToken())
                #expect(answer.outcome == .refreshed)
            }
        }
        #expect(other.log.connections == 1)
        #expect(server.log.connections == 5)
        try await other.close()
        try await server.close()
    }

    @Test func `asks for the addresses once for all who wait for them`() async throws {
        let server = try await FaultServer(.success)
        let lookups = Mutex(0)
        let client = try TightClient(settings: localSettings(port: server.port)) { _, port in
            lookups.withLock { $0 += 1 }
            usleep(200_000)
            return [try SocketAddress(ipAddress: "127.0.0.1", port: port)]
        } now: {
            .epoch
        }
        let outcomes = try await withThrowingTaskGroup(of: Outcome.self) { group in
            for _ in 0..<20 { group.addTask { await client.refresh(try randomToken()).outcome } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        await client.shutdown()
        #expect(outcomes == Array(repeating: .refreshed, count: 20))
        let count = lookups.withLock { $0 }
        #expect(count == 1)
        try await server.close()
    }

    @Test func `starts nothing where the name is unknown`() async throws {
        struct NoSuchName: Error {}
        let client = try TightClient(settings: localSettings(port: 1)) { _, _ in
            throw NoSuchName()
        } now: {
            .epoch
        }
        let answer = await client.refresh(try randomToken())
        await client.shutdown()
        #expect(answer.outcome == .unavailable(.nameNotResolved))
    }

    @Test func `asks the system for addresses of both families`() throws {
        #expect(try SystemLookup.addresses(of: "127.0.0.1", 80) == [address("127.0.0.1", port: 80)])
        #expect(try SystemLookup.addresses(of: "::1", 80) == [address("::1", port: 80)])
        #expect(throws: SystemLookup.Failure.self) { try SystemLookup.addresses(of: "name with spaces", 80) }
    }

    @Test func `takes turns between families, and puts last what is under suspicion`() throws {
        let names = ["2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2", "192.0.2.3"]
        let addresses = try names.map { try address($0) }
        var suspicion = AddressSuspicion()
        let now = NIODeadline.uptimeNanoseconds(1)
        func order(_ now: NIODeadline) -> [String?] { suspicion.order(addresses, now).map(\.ipAddress) }
        #expect(order(now) == ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "192.0.2.3"])
        suspicion.note(addresses[0], now)
        suspicion.note(addresses[2], now)
        #expect(order(now) == ["2001:db8::2", "192.0.2.2", "192.0.2.3", "2001:db8::1", "192.0.2.1"])
        suspicion.clear(addresses[2])
        #expect(order(now) == ["2001:db8::2", "192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"])
        #expect(order(now + AddressSuspicion.length).first == "2001:db8::1")
    }

    @Test func `suspects those that were passed over on the way to one that answered`() async throws {
        let addresses = try ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map { try address($0) }
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let ordered = try await eventLoop.flatSubmit {
            let book = AddressBook(host: "a.example", port: 1, lookup: { _, _ in addresses }, eventLoop: eventLoop)
            book.reached(addresses[1], in: addresses)
            return book.find()
        }.get()
        #expect(ordered.map(\.ipAddress) == ["192.0.2.2", "192.0.2.3", "192.0.2.1"])
    }
}
