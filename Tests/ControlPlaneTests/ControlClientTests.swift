import Foundation
import Glibc
import NIOCore
import RefreshCore
import RefreshDaemon
import Testing

@testable import ControlPlane

@Suite(.timeLimit(.minutes(1))) struct ControlClientTests {
    private func client(_ path: String) -> ControlClient {
        ControlClient(socketPath: path)
    }

    @Test func `no socket, no directory and no daemon are told apart`() async throws {
        try await withDirectory { directory in
            for path in ["\(directory)/s", "\(directory)/none/s"] {
                await #expect(throws: ControlUnreachable.noSocket(path)) { try await client(path).status() }
            }
            let dead = "\(directory)/dead"
            do { _ = try RawSocket(listeningOn: dead) }
            await #expect(throws: ControlUnreachable.refused(dead)) { try await client(dead).status() }
            let file = "\(directory)/file"
            try Data().write(to: URL(filePath: file))
            await #expect(throws: ControlUnreachable.refused(file)) { try await client(file).status() }
        }
    }

    // Root, who runs tests in a container, is refused by no mode: the codes are given directly.
    @Test(arguments: [
        (EACCES, ControlUnreachable.notAllowed("/s")), (EPERM, .notAllowed("/s")),
        (ECONNREFUSED, .refused("/s")),
        (ENOENT, .noSocket("/s")), (ENOTDIR, .noSocket("/s")), (ECONNRESET, .noAnswer("/s")),
        (EPIPE, .noAnswer("/s")),
    ]) func `what the system says is told in its own way`(code: CInt, reason: ControlUnreachable) {
        let exchange = ControlExchange(socketPath: "/s")
        #expect(exchange.problem(of: IOError(errnoCode: code, reason: "connect")) == reason)
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 500 No\r\nContent-Length: 41\r\n\r\n{\"error\":{\"code\":\"odd\",\"message\":\"text\"}}",
    ]) func `an answer of something else is told as such`(answer: String) async throws {
        try await withDirectory { directory in
            let path = "\(directory)/s"
            let listener = try RawSocket(listeningOn: path)
            async let answered: Void = listener.answerOnce(answer)
            await #expect(throws: ControlUnreachable.protocolMismatch(path)) {
                try await client(path).status()
            }
            await answered
        }
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"])
    func `a connection that breaks before the answer is whole is told`(answer: String) async throws {
        try await withDirectory { directory in
            let path = "\(directory)/s"
            let listener = try RawSocket(listeningOn: path)
            async let answered: Void = listener.answerOnce(answer)
            await #expect(throws: ControlUnreachable.noAnswer(path)) { try await client(path).status() }
            await answered
        }
    }

    @Test func `a daemon that does not answer in time is given up`() async throws {
        try await withDirectory { directory in
            let path = "\(directory)/s"
            let listener = try RawSocket(listeningOn: path)
            var timeouts = ControlClient.Timeouts()
            timeouts.ordinary = .milliseconds(100)
            let client = ControlClient(socketPath: path, timeouts: timeouts)
            await #expect(throws: ControlUnreachable.noAnswer(path)) { try await client.status() }
            withExtendedLifetime(listener) {}
        }
    }

    @Test(arguments: [0, 1, 999, 1_000, 1_001, 2_500]) func `batches keep the order and lose nobody`(
        count: Int
    ) throws {
        let entries = try Sample.entries(count)
        let batches = EntryBatches.split(entries)
        #expect(batches.flatMap(\.self) == entries)
        #expect(batches.allSatisfy { (1...1_000).contains($0.count) })
        #expect(batches.count == (count + 999) / 1_000)
    }

    @Test func `the largest entries still make batches within the limit`() throws {
        let id = String(repeating: "\"", count: 252)
        let entries = try (0..<1_000).map {
            UserEntry(
                id: try UserID("\(id)\($0)"),
                token: try Sample.token(bytes: 4_096),
                group: GroupName(String(repeating: "g", count: 64)),
                expiresAt: Timestamp(microsecondsSinceEpoch: 1_795_000_000_123_456)
            )
        }
        let sizes = try EntryBatches.split(entries).map { try ControlJSON.encode(PutUsersRequest($0)).count }
        #expect(sizes.count > 4)
        #expect(sizes.allSatisfy { $0 <= 1 << 20 }, "\(sizes)")
    }

    @Test func `a token in a request prints redacted`() throws {
        let entry = try #require(Sample.entries(1).first)
        let request = PutUsersRequest([entry])
        let token = entry.token.secret.withBytes { String(decoding: $0, as: UTF8.self) }
        var dumped = ""
        dump(request, to: &dumped)
        for text in ["\(request)", String(reflecting: request), dumped, "\(WireToken(entry.token))"] {
            #expect(!text.contains(token))
        }
        #expect(String(decoding: try ControlJSON.encode(request), as: UTF8.self).contains(token))
    }

    @Test(arguments: ControlUnreachable.all) func `every reason says where and what to do`(
        reason: ControlUnreachable
    ) {
        #expect(reason.description.contains("/run/s"))
    }
}

extension ControlUnreachable {
    fileprivate static let all: [ControlUnreachable] = [
        .noSocket("/run/s"), .refused("/run/s"), .notAllowed("/run/s"), .noAnswer("/run/s"),
        .protocolMismatch("/run/s"),
    ]
}
