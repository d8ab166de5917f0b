import NIOCore
import RefreshCore
import Testing

@testable import TightAPI

/// What a server may send beyond an answer: more than any server needs, and not without end.
@Suite(.timeLimit(.minutes(1))) struct FloodTests {
    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
    }

    // MARK: The rules

    private func at(_ milliseconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .milliseconds(milliseconds) }

    @Test func `counts frames of one kind within a second, and begins anew after it`() {
        var floods = FloodGuard()
        func admitted(_ count: Int, at moment: Int64) -> Int {
            (0..<count).count { _ in floods.admitsControl(at(moment)) }
        }
        #expect(admitted(10_000, at: 5_000) == 10_000)
        #expect(admitted(1, at: 5_999) == 0)
        let isResetAdmitted = floods.admitsReset(at(5_999))
        #expect(isResetAdmitted)
        #expect(admitted(1, at: 6_000) == 1)
        #expect(admitted(10_000, at: 6_999) == 9_999)
    }

    @Test func `counts empty frames until one carries something`() {
        var floods = FloodGuard()
        func admitted(_ count: Int, isEmpty: Bool) -> Int {
            (0..<count).count { _ in floods.admitsContent(isEmpty: isEmpty) }
        }
        #expect(admitted(16, isEmpty: true) == 16)
        #expect(admitted(1, isEmpty: false) == 1)
        #expect(admitted(17, isEmpty: true) == 16)
    }

    // MARK: At a server

    /// So many frames of the first request's stream, or of none.
    private static func frames(
        _ count: Int,
        _ type: UInt8,
        flags: UInt8 = 0,
        stream: UInt32 = 1,
        _ payload: [UInt8] = []
    ) -> [UInt8] {
        Array(repeatElement(RawHTTP2Server.frame(type, flags: flags, stream: stream, payload), count: count).joined())
    }

    private static let head = frames(1, 1, flags: 4, [0x88])
    private static let zeros = [UInt8](repeating: 0, count: 8)
    /// DATA with three bytes of padding, and nothing else.
    private static let padding: [UInt8] = [3, 0, 0, 0]

    private static func body(flags: UInt8) -> [UInt8] { frames(1, 0, flags: flags, RawHTTP2Server.body) }

    private static let needed: [(String, [UInt8])] = [
        ("empty frames", head + frames(16, 0) + body(flags: 1)),
        ("frames of padding", head + frames(16, 0, flags: 8, padding) + body(flags: 1)),
        (
            "empty frames around the body",
            head + frames(16, 0) + body(flags: 0) + frames(16, 0) + frames(1, 0, flags: 1)
        ),
        ("pings", frames(9_000, 6, stream: 0, zeros) + RawHTTP2Server.success(1)),
        ("settings", frames(9_000, 4, stream: 0) + RawHTTP2Server.success(1)),
    ]

    @Test(arguments: needed)
    func `takes as many as a server may need`(name: String, bytes: [UInt8]) async throws {
        let server = try await RawHTTP2Server(tls: authority.serverTLS(protocols: ["h2"]), answer: bytes)
        try await withClient(settings(server)) { client in
            for _ in 0..<2 {
                let answer = await client.refresh(try randomToken())
                #expect(answer.outcome == .refreshed)
            }
        }
        #expect(server.log.connections == 1)
        try await server.close()
    }

    private static let floods: [(String, [UInt8])] = [
        ("empty frames", head + frames(17, 0) + body(flags: 1)),
        ("frames of padding", head + frames(17, 0, flags: 8, padding) + body(flags: 1)),
        ("pings", frames(40_000, 6, stream: 0, zeros) + RawHTTP2Server.success(1)),
        ("answers to pings", frames(40_000, 6, flags: 1, stream: 0, zeros) + RawHTTP2Server.success(1)),
        ("settings", frames(40_000, 4, stream: 0) + RawHTTP2Server.success(1)),
        ("resets", frames(40_000, 3, [0, 0, 0, 8])),
    ]

    @Test(arguments: floods)
    func `ends a connection that carries a flood`(name: String, bytes: [UInt8]) async throws {
        let server = try await RawHTTP2Server(tls: authority.serverTLS(protocols: ["h2"]), answer: bytes)
        try await withClient(settings(server)) { client in
            let answer = await client.refresh(try randomToken())
            #expect([.unknown, .malformed].contains(answer.outcome.kind), "\(answer)")
            for await _ in server.log.ends { break }
            let next = await client.refresh(try randomToken())
            #expect(next.outcome == .refreshed)
        }
        #expect(server.log.connections == 2)
        try await server.close()
    }

    @Test func `takes ten thousand resets in a second`() async throws {
        let bytes = Self.frames(10_000, 3, [0, 0, 0, 8])
        let server = try await RawHTTP2Server(tls: authority.serverTLS(protocols: ["h2"]), answer: bytes)
        try await withClient(settings(server)) { client in
            let answer = await client.refresh(try randomToken())
            #expect(answer.outcome == .unknown(.connectionLost))
            let next = await client.refresh(try randomToken())
            #expect(next.outcome == .refreshed)
        }
        #expect(server.log.connections == 1)
        try await server.close()
    }

    // MARK: Heads

    /// A head of 22 equal fields, of which one is in the head and the others are in the table that it fills.
    ///
    /// Source: RFC 7541 sections 5.1, 6.1 and 6.2.1.
    private static func block(fieldsOf size: Int, behind first: [UInt8]) -> [UInt8] {
        let (value, rest) = (size - 33, size - 33 - 127)
        let literal = [0x40, 1, UInt8(ascii: "a"), 127, UInt8(rest & 127 | 128), UInt8(rest >> 7)]
        let text = [UInt8](repeating: UInt8(ascii: "b"), count: value)
        return first + literal + text + [UInt8](repeating: 0xBE, count: 21)
    }

    /// With the status, which counts 42, these fields are 65,536 bytes.
    private static let longest = 2_977

    @Test(arguments: [(longest, OutcomeKind.refreshed), (longest + 1, .malformed)])
    func `reads a head of 64 KiB at most, however small it is on the wire`(size: Int, kind: OutcomeKind) async throws {
        let head = Self.block(fieldsOf: size, behind: [0x88])
        try await expect(kind, of: Self.frames(1, 1, flags: 4, head) + Self.body(flags: 1))
    }

    @Test(arguments: [(longest, OutcomeKind.refreshed), (longest + 1, .malformed)])
    func `reads trailers of 64 KiB at most`(size: Int, kind: OutcomeKind) async throws {
        // What the status counts is counted by a field here.
        let first = [0, 5] + Array("trail".utf8) + [5] + Array("field".utf8)
        let trailers = Self.block(fieldsOf: size, behind: first)
        try await expect(kind, of: Self.head + Self.body(flags: 0) + Self.frames(1, 1, flags: 5, trailers))
    }

    /// One call; the next one goes on the same connection.
    private func expect(_ kind: OutcomeKind, of bytes: [UInt8]) async throws {
        let server = try await RawHTTP2Server(tls: authority.serverTLS(protocols: ["h2"]), answer: bytes)
        try await withClient(settings(server)) { client in
            let answer = await client.refresh(try randomToken())
            #expect(answer.outcome.kind == kind, "\(answer)")
            let next = await client.refresh(try randomToken())
            #expect(next.outcome == .refreshed)
        }
        #expect(server.log.connections == 1)
        try await server.close()
    }

    private func settings(_ server: RawHTTP2Server) throws -> TightClientSettings {
        var settings = try localSettings(port: server.port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        // No connection ends because it is idle.
        settings.idleTimeout = .seconds(600)
        return settings
    }
}
