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
                await #expect(throws: ControlUnreachable.noSocket(path)) {
                    try await client(path).perform(ReadStatus())
                }
            }
            let dead = "\(directory)/dead"
            do { _ = try RawSocket(listeningOn: dead) }
            await #expect(throws: ControlUnreachable.refused(dead)) { try await client(dead).perform(ReadStatus()) }
            let file = "\(directory)/file"
            try Data().write(to: URL(filePath: file))
            await #expect(throws: ControlUnreachable.refused(file)) { try await client(file).perform(ReadStatus()) }
        }
    }

    // Root, who runs tests in a container, is refused by no mode: the codes are given directly.
    @Test(arguments: [
        (EACCES, ControlUnreachable.notAllowed("/s")), (EPERM, .notAllowed("/s")),
        (ECONNREFUSED, .refused("/s")),
        (ENOENT, .noSocket("/s")), (ENOTDIR, .noSocket("/s")), (ECONNRESET, .noAnswer("/s")),
        (EPIPE, .noAnswer("/s")),
    ]) func `what the system says is told in its own way`(code: CInt, reason: ControlUnreachable) {
        #expect(client("/s").problem(of: IOError(errnoCode: code, reason: "connect")) == reason)
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
                try await client(path).perform(ReadStatus())
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
            await #expect(throws: ControlUnreachable.noAnswer(path)) { try await client(path).perform(ReadStatus()) }
            await answered
        }
    }

    @Test func `a daemon that does not answer in time is given up`() async throws {
        try await withDirectory { directory in
            let path = "\(directory)/s"
            let listener = try RawSocket(listeningOn: path)
            let client = ControlClient(socketPath: path, timeout: .milliseconds(100))
            await #expect(throws: ControlUnreachable.noAnswer(path)) { try await client.perform(ReadStatus()) }
            withExtendedLifetime(listener) {}
        }
    }

    @Test func `an answer about other users than were asked for is told as such`() async throws {
        try await withDirectory { directory in
            let path = "\(directory)/s"
            let listener = try RawSocket(listeningOn: path)
            async let answered: Void = listener.answerOnce("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
            await #expect(throws: ControlUnreachable.protocolMismatch(path)) {
                try await client(path).perform(PutUsers(Sample.entries(1)))
            }
            await answered
        }
    }

    @Test func `users take no more bytes than they say`() throws {
        let id = String(repeating: "\"", count: 252)
        let largest = try (0..<10).map {
            UserEntry(
                id: try UserID("\(id)\($0)"), token: try Sample.token(bytes: 4_096),
                group: GroupName(String(repeating: "g", count: 64)),
                expiresAt: Timestamp(microsecondsSinceEpoch: 1_795_000_000_123_456),
                refreshToken: try Sample.token(bytes: 4_096), standing: Sample.fullStanding)
        }
        for entry in try largest + Sample.brought + Sample.entries(5) {
            #expect(try ControlJSON.encode(entry).count <= entry.mostBytes, "\(entry.id)")
        }
        let part = ImportPart(
            id: String(repeating: "\"", count: 64), isLast: false, kind: .synced,
            obstacle: String(repeating: "o", count: ImportPart.longestObstacle))
        let rest = try ControlJSON.encode(PutUsers([], part: part)).count
        #expect(rest <= ControlLimits.mostBodyBytes - client("/s").batch.bytes, "\(rest)")
    }

    @Test func `a token in a request prints redacted`() throws {
        let entry = try #require(Sample.entries(1).first)
        let request = PutUsers([entry])
        let token = entry.token.secret.withBytes { String(decoding: $0, as: UTF8.self) }
        var dumped = ""
        dump(request, to: &dumped)
        for text in ["\(request)", String(reflecting: request), dumped] {
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
