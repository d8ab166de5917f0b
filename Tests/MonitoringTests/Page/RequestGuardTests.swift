import Foundation
import Testing

@testable import Monitoring

@Suite(.timeLimit(.minutes(1)))
struct RequestGuardTests {
    @Test(arguments: [
        "localhost", "localhost:9477", "LOCALHOST", "127.0.0.1:9477", "127.9.9.9", "[::1]", "[::1]:9477",
    ])
    func `this machine is asked for by its own names`(host: String) {
        #expect(RequestGuard.isThisMachine(host))
    }

    @Test(arguments: [
        "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.1", "128.0.0.1:9477", "[::2]",
        "[::1", "[::1]x", "localhost:", "localhost:x", "127.0.0.1:99999", "", "127.0.0.0001", "127..0.1",
    ])
    func `any other name is somebody's trick`(host: String) {
        #expect(!RequestGuard.isThisMachine(host))
    }

    @Test func `a page elsewhere cannot read it through a name that leads here`() async throws {
        try await withPage(.well) { port in
            let answer = try await Connection.get("/api/overview", port: port, host: "evil.example:\(port)")
            #expect(answer.status == 421)
            #expect(!answer.body.contains("users"))
        }
    }

    @Test func `where others may come, any name will do`() async throws {
        try await withPage(.well, isLoopback: false) { port in
            let answer = try await Connection.get("/", port: port, host: "fleet.example")
            #expect(answer.status == 200)
        }
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
    func `nothing can be changed`(method: String) async throws {
        try await withPage(.well) { port in
            let answer = try await Connection.get("/", port: port, method: method)
            #expect(answer.status == 405)
            #expect(answer.header("Allow") == "GET, HEAD")
        }
    }

    @Test(arguments: ["Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"])
    func `a body is not taken`(rest: String) async throws {
        try await withPage(.well) { port in
            let answer = try await Connection.exchange(
                "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(rest)", port: port)
            #expect(answer.status == 413)
        }
    }

    @Test func `header fields have a limit`() async throws {
        try await withPage(.well) { port in
            let long = "GET / HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "a", count: 20_000))\r\n\r\n"
            let answer = try await Connection.exchange(long, port: port)
            #expect([400, 431].contains(answer.status))
        }
    }

    @Test func `who sends slowly is cut off`() async throws {
        var limits = WebLimits()
        limits.lifetime = .milliseconds(200)
        try await withPage(.well, limits: limits) { port in
            // The end of the connection is waited for, not the time.
            let answer = try await Connection.exchange("GET / HTTP/1.1\r\nHost: loc", port: port)
            #expect(!answer.text.contains("200 OK"))
        }
    }
}
