import RefreshCore
import Testing

@testable import TightAPI

/// Answers that break the rules of their protocol: one outcome each, and the next call is none the worse.
@Suite(.timeLimit(.minutes(1))) struct BadAnswerTests {
    private static let body = #"{"result":"SUCCESS"}"#

    private static func answer(_ head: String, body: String = body) -> Fault {
        .write("HTTP/1.1 200 OK\r\n\(head)\r\n\(body)")
    }

    @Test(arguments: [
        ("two lengths", answer("Content-Length: 20\r\nContent-Length: 2\r\n"), OutcomeKind.malformed),
        ("one length twice", answer("Content-Length: 20\r\nContent-Length: 20\r\n"), .malformed),
        ("a list of lengths", answer("Content-Length: 20, 20\r\n"), .malformed),
        ("a length in words", answer("Content-Length: twenty\r\n"), .malformed),
        ("a length below zero", answer("Content-Length: -20\r\n"), .malformed),
        ("a length beyond numbers", answer("Content-Length: 99999999999999999999\r\n"), .malformed),
        ("length and chunks", answer("Content-Length: 20\r\nTransfer-Encoding: chunked\r\n"), .malformed),
        ("a chunk of no number", answer("Transfer-Encoding: chunked\r\n", body: "xyz\r\n"), .malformed),
        ("a chunk beyond numbers", answer("Transfer-Encoding: chunked\r\n", body: "FFFFFFFFFFFFFFFFF\r\n"), .malformed),
        ("bare line feeds", .write("HTTP/1.1 200 OK\nContent-Length: 20\n\n\(body)"), .malformed),
        ("no colon", answer("Content-Length 20\r\n"), .malformed),
        ("a space before the colon", answer("Content-Length : 20\r\n"), .malformed),
        ("a field without a name", answer(": 20\r\n"), .malformed),
        ("a zero in a field", answer("A: b\0c\r\nContent-Length: 20\r\n"), .malformed),
        (
            "fields of 70 KB", answer((0..<70).map { "A\($0): \(String(repeating: "a", count: 1_000))\r\n" }.joined()),
            .malformed
        ),
        ("300 fields", answer((0..<300).map { "A\($0): a\r\n" }.joined()), .malformed),
        (
            "trailers of 100 KB",
            answer(
                "Transfer-Encoding: chunked\r\n",
                body: "0\r\nA: \(String(repeating: "a", count: 100_000))\r\n\r\n"), .malformed
        ),
        ("no head at all, as in HTTP/0.9", .writeAndClose(body), .malformed),
        ("a version that there is not", .write("HTTP/7.3 200 OK\r\nContent-Length: 20\r\n\r\n\(body)"), .malformed),
        ("a status of four digits", .write("HTTP/1.1 2000 OK\r\nContent-Length: 20\r\n\r\n\(body)"), .malformed),
        ("a status of one digit", .write("HTTP/1.1 2 OK\r\nContent-Length: 20\r\n\r\n\(body)"), .malformed),
        ("another protocol", .write("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), .malformed),
        ("heads that announce an answer for ever", .writeForEver("HTTP/1.1 100 Continue\r\n\r\n"), .malformed),
        ("frames of HTTP/2", .write("\0\0\0\u{4}\0\0\0\0\0"), .malformed),
        ("nothing but line ends", .writeAndClose("\r\n\r\n\r\n"), .unknown),
        (
            "trailers", answer("Transfer-Encoding: chunked\r\n", body: "14\r\n\(body)\r\n0\r\nA: b\r\n\r\n"),
            .refreshed
        ),
        ("a body that no length ends", .writeAndClose("HTTP/1.0 200 OK\r\n\r\n\(body)"), .refreshed),
    ])
    func `an answer over HTTP/1.1 with`(name: String, fault: Fault, kind: OutcomeKind) async throws {
        let server = try await FaultServer(fault, .success)
        var settings = try localSettings(port: server.port)
        settings.timeout = .seconds(5)
        try await withClient(settings) { client in
            let answer = await client.refresh(try randomToken())
            #expect(answer.outcome.kind == kind, "\(answer)")
            #expect(server.log.requests.count == 1)
            let next = await client.refresh(try randomToken())
            #expect(next.outcome == .refreshed)
        }
        #expect(server.log.requests.count == 2)
        try await server.close()
    }

    // MARK: HTTP/2

    /// An answer that is in order but for its head.
    private static func answer(head block: [UInt8], flags: UInt8 = 4) -> [UInt8] {
        frame(1, flags: flags, block) + frame(0, flags: 1, RawHTTP2Server.body)
    }

    /// These bytes, and a whole answer behind them.
    private static func before(_ bytes: [UInt8]) -> [UInt8] {
        bytes + RawHTTP2Server.success(1)
    }

    /// A frame of the first request's stream.
    private static func frame(_ type: UInt8, flags: UInt8 = 0, _ payload: [UInt8]) -> [UInt8] {
        RawHTTP2Server.frame(type, flags: flags, stream: 1, payload)
    }

    /// A frame of another stream or none.
    private static func frame(_ type: UInt8, flags: UInt8 = 0, of stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
        RawHTTP2Server.frame(type, flags: flags, stream: stream, payload)
    }

    /// A field that is not in the table, as it stands.
    ///
    /// Source: RFC 7541 section 6.2.2.
    private static func literal(_ name: String, _ value: String) -> [UInt8] {
        [0, UInt8(name.utf8.count)] + name.utf8 + [UInt8(value.utf8.count)] + value.utf8
    }

    private static let ok: [UInt8] = [0x88]
    private static let zeros = [UInt8](repeating: 0, count: 8)

    private static let frames: [(String, [UInt8])] = [
        ("a frame longer than any may be", RawHTTP2Server.frame(0, stream: 1, [], length: 0xFF_FFFF)),
        ("a frame of 20,000 bytes", frame(0, [UInt8](repeating: 0, count: 20_000))),
        ("data of no stream", before(frame(0, of: 0, ok))),
        ("data before its head", before(frame(0, ok))),
        ("a head of no stream", before(frame(1, flags: 4, of: 0, ok))),
        ("a head of a stream of the server's", before(frame(1, flags: 4, of: 2, ok))),
        ("a head of a stream that there is not", before(frame(1, flags: 4, of: 99, ok))),
        ("a continuation of nothing", before(frame(9, flags: 4, ok))),
        ("a head that something else interrupts", before(frame(1, ok) + frame(6, of: 0, zeros))),
        ("a head in no encoding", answer(head: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])),
        ("a head that names field nought", answer(head: [0x80])),
        ("a head that is cut off", answer(head: [0x00, 0x20, 0x41])),
        ("padding beyond its frame", answer(head: [0xFF, 0x88], flags: 0x0C)),
        ("a length that is not so", answer(head: ok + literal("content-length", "7"))),
        ("a length in words", answer(head: ok + literal("content-length", "x"))),
        ("a second head that ends nothing", frame(1, flags: 4, ok) + answer(head: ok)),
        ("a window that grows by nothing", before(frame(8, of: 0, [0, 0, 0, 0]))),
        ("a window that grows too far", before(frame(8, of: 0, [0x7F, 0xFF, 0xFF, 0xFF]))),
        ("a promise that nobody allowed", before(frame(5, flags: 4, [0, 0, 0, 2, 0x88]))),
        ("settings of five bytes", before(frame(4, of: 0, [0, 1, 0, 0, 0]))),
        ("settings of a stream", before(frame(4, []))),
        ("a window that no number holds", before(frame(4, of: 0, [0, 4, 0xFF, 0xFF, 0xFF, 0xFF]))),
        ("frames of one byte at most", before(frame(4, of: 0, [0, 5, 0, 0, 0, 1]))),
        ("a ping of seven bytes", before(frame(6, of: 0, [1, 2, 3, 4, 5, 6, 7]))),
        ("a reset of three bytes", before(frame(3, [0, 0, 0]))),
        ("a reset of a stream that there is not", before(frame(3, of: 77, [0, 0, 0, 8]))),
        ("a farewell of four bytes", before(frame(7, of: 0, [0, 0, 0, 0]))),
        ("text", Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)),
    ]

    @Test(arguments: frames)
    func `an answer over HTTP/2 that breaks off the connection or the stream`(name: String, bytes: [UInt8]) async throws
    {
        // Nobody can say what came of the request, or what came makes no sense: both may have reached the bank.
        try await expect([.unknown, .malformed], of: bytes)
    }

    @Test(
        arguments: [
            ("no status", answer(head: literal("a", "b")), .malformed),
            ("an empty head", answer(head: []), .malformed),
            ("a status in words", answer(head: literal(":status", "abc")), .malformed),
            ("a status of one digit", answer(head: literal(":status", "2")), .malformed),
            ("a status below nought", answer(head: literal(":status", "-200")), .malformed),
            ("a status behind a field", answer(head: literal("a", "b") + ok), .malformed),
            (
                "heads that announce an answer for ever",
                Array([[UInt8]](repeating: frame(1, flags: 4, literal(":status", "100")), count: 1_000).joined()),
                .malformed
            ),
            ("a frame of no known kind", before(frame(0xFE, of: 0, [1, 2, 3])), .refreshed),
            ("an answer to a ping that nobody sent", before(frame(6, flags: 1, of: 0, zeros)), .refreshed),
            (
                "trailers",
                frame(1, flags: 4, ok) + frame(0, RawHTTP2Server.body) + frame(1, flags: 5, literal("a", "b")),
                .refreshed
            ),
        ] as [(String, [UInt8], OutcomeKind)])
    func `an answer over HTTP/2 with`(name: String, bytes: [UInt8], kind: OutcomeKind) async throws {
        try await expect([kind], of: bytes)
    }

    private static let heads: [(String, [UInt8], OutcomeKind)] = [
        ("a change of protocol", answer(head: literal(":status", "101")), .malformed),
        ("an informational status that ends it", frame(1, flags: 5, literal(":status", "100")), .malformed),
        ("a field that HTTP/1.1 alone has", answer(head: ok + literal("connection", "close")), .malformed),
        ("a name in capitals", answer(head: ok + literal("Date", "x")), .malformed),
        ("a value that no field may have", answer(head: ok + literal("a", "b\0c")), .refreshed),
    ]

    @Test(arguments: heads)
    func `a head over HTTP/2 with`(name: String, bytes: [UInt8], kind: OutcomeKind) async throws {
        try await expect([kind], of: bytes)
    }

    @Test func `a head over HTTP/2 that never ends`() async throws {
        let authority = try TestAuthority()
        let server = try await RawHTTP2Server(
            tls: authority.serverTLS(protocols: ["h2"]), answer: Self.frame(1, Self.ok))
        var settings = try localSettings(port: server.port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        try await withClient(settings) { client in
            client.configure(timeout: .milliseconds(300))
            let answer = await client.refresh(try randomToken())
            #expect(answer == RefreshAnswer(outcome: .unknown(.timeout), httpStatus: nil))
            // Any other frame breaks it off, and the connection with it.
            client.configure(timeout: .seconds(20))
            let second = await client.refresh(try randomToken())
            #expect(second.outcome == .unknown(.connectionLost))
            let third = await client.refresh(try randomToken())
            #expect(third.outcome == .refreshed)
        }
        #expect(server.log.requests.count == 3)
        try await server.close()
    }

    private func expect(_ kinds: [OutcomeKind], of bytes: [UInt8]) async throws {
        let authority = try TestAuthority()
        let server = try await RawHTTP2Server(tls: authority.serverTLS(protocols: ["h2"]), answer: bytes)
        var settings = try localSettings(port: server.port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        try await withClient(settings) { client in
            client.configure(timeout: .milliseconds(500))
            let answer = await client.refresh(try randomToken())
            #expect(kinds.contains(answer.outcome.kind), "\(answer)")
            #expect(server.log.requests.count == 1)
            client.configure(timeout: .seconds(20))
            let next = await client.refresh(try randomToken())
            #expect(next.outcome == .refreshed, "\(next)")
        }
        #expect(server.log.requests.count == 2)
        try await server.close()
    }
}
