import ControlPlane
import RefreshCore
import RefreshDaemon
import Testing

/// Requests as other programs may send them.
@Suite(.timeLimit(.minutes(1))) struct RequestTests {
    private let fleet = RecordingFleet()

    private func answer(_ method: String, _ uri: String, body: String? = nil) async throws -> String {
        try await withServer(fleet) { path in
            let socket = try RawSocket(connectedTo: path)
            try await socket.send(
                "\(method) \(uri) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                    + (body.map { "Content-Length: \($0.utf8.count)\r\n\r\n\($0)" } ?? "\r\n")
            )
            return await socket.readToEnd()
        }
    }

    @Test(arguments: [
        ("{", "the body: not JSON"),
        ("", "the body: not JSON"),
        ("[]", "the body: not an object"),
        ("{}", "users: missing"),
        (#"{"users":{}}"#, "users: not a list"),
        (#"{"users":[7]}"#, "users[0]: not an object"),
        (#"{"users":[{"userID":"a","token":"x"},{"token":"x"}]}"#, "users[1].userID: missing"),
        (#"{"users":[{"userID":7,"token":"x"}]}"#, "users[0].userID: not a text"),
        (
            #"{"users":[{"userID":" a","token":"x"}]}"#,
            "users[0].userID: the user id begins or ends with a space"
        ),
        (#"{"users":[{"userID":"a"}]}"#, "users[0].token: missing"),
        (#"{"users":[{"userID":"a","token":null}]}"#, "users[0].token: null is not allowed here"),
        (#"{"users":[{"userID":"a","token":""}]}"#, "users[0].token: the token is empty"),
        (#"{"users":[{"userID":"a","token":"x","group":"ä"}]}"#, "users[0].group: a group has 1 to 64"),
        (#"{"users":[{"userID":"a","token":"x","expiresAt":"soon"}]}"#, "users[0].expiresAt: not a moment"),
        (#"{"users":[{"userID":"a","token":"x","expires":"soon"}]}"#, #"users[0]: unknown key \"expires\""#),
        (#"{"users":[],"user":1}"#, #"the body: unknown key \"user\"; known are users"#),
    ]) func `a body that cannot be taken is refused by the name of the field`(body: String, says: String)
        async throws
    {
        let answer = try await answer("POST", "/v1/users", body: body)
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(answer.contains(#""code":"badRequest""#))
        #expect(answer.contains(says), "\(answer)")
        #expect(fleet.calls.isEmpty)
    }

    @Test func `a token that is refused is not echoed`() async throws {
        let secret = "hush\(UInt64.random(in: 0 ... .max)) hush"
        let answer = try await answer(
            "POST",
            "/v1/users",
            body: #"{"users":[{"userID":"a","token":"\#(secret)"}]}"#
        )
        #expect(answer.contains("users[0].token: the token holds a space"))
        #expect(!answer.contains("hush"))
    }

    @Test func `more users than a request may bring are refused`() async throws {
        let row = #"{"userID":"a","token":"x"}"#
        let body = #"{"users":[\#(Array(repeating: row, count: 1_001).joined(separator: ","))]}"#
        #expect(
            try await answer("POST", "/v1/users", body: body).contains(
                "users: 1001 users; one request may bring 1000"
            )
        )
    }

    @Test(arguments: [
        ("state=asleep", #"state: \"asleep\" is none of scheduled, backing off, parked, paused"#),
        ("outcome=", "outcome: "), ("limit=0", "limit: not a number from 1 to 10000"),
        ("limit=10001", "limit: not a number from 1 to 10000"),
        ("limit=x", "limit: not a number from 1 to 10000"),
        ("limit", "limit: no value"), ("after=%zz", "after: no value in percent-encoded UTF-8"),
        ("after=%FF", "after: no value in percent-encoded UTF-8"), ("limit=1&limit=2", "limit: given twice"),
        (
            "order=up",
            #"the query: unknown field \"order\"; known are state, parkReason, outcome, group, notRefreshedSince, expiringBefore, sort, after, limit"#
        ),
        ("sort=up", #"sort: \"up\" is none of due, last-success, failures, expiry"#),
        ("expiringBefore=soon", "expiringBefore: not a moment"),
    ]) func `a query that cannot be taken is refused by the name of the field`(query: String, says: String)
        async throws
    {
        let answer = try await answer("GET", "/v1/users?\(query)")
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(answer.contains(says), "\(answer)")
        #expect(fleet.calls.isEmpty)
    }

    @Test(arguments: ["%zz", "%FF", "%00", "%20a", String(repeating: "a", count: 257)])
    func `a path without a proper user id is refused`(segment: String) async throws {
        let answer = try await answer("GET", "/v1/users/\(segment)")
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(answer.contains("the user id in the path: "))
        #expect(fleet.calls.isEmpty)
    }

    @Test(arguments: [
        "/", "/v1", "/v2/status", "/v1/status/x", "/v1/users/a/b", "/v1/users/a/pause/b", "/v1/STATUS",
    ])
    func `an unknown path is told as JSON`(path: String) async throws {
        let answer = try await answer("GET", path)
        #expect(answer.hasPrefix("HTTP/1.1 404 "))
        #expect(answer.contains(#"{"error":{"code":"noSuchRoute","message":"there is no such path"}}"#))
    }

    @Test(arguments: [
        ("POST", "/v1/status", "GET"), ("PUT", "/v1/users", "GET, POST"), ("HEAD", "/v1/status", "GET"),
        ("PATCH", "/v1/users/a%2Fb", "DELETE, GET"), ("GET", "/v1/users/a/pause", "POST"),
        ("OPTIONS", "/v1/pause", "POST"),
    ]) func `a method that the path does not know is told with those it does`(
        method: String,
        path: String,
        allowed: String
    ) async throws {
        let answer = try await answer(method, path)
        #expect(answer.hasPrefix("HTTP/1.1 405 "))
        #expect(answer.lowercased().contains("\r\nallow: \(allowed.lowercased())\r\n"), "\(answer)")
        #expect(fleet.calls.isEmpty)
    }

    @Test func `no rule is set aside for whom the schedule calls`() async throws {
        let answer = try await answer("POST", "/v1/refresh", body: #"{"users":["a"],"force":true,"wait":false}"#)
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(answer.contains("force: goes with waiting only"))
        #expect(fleet.calls.isEmpty)
    }

    @Test(arguments: ["/v1/status", "/nothing"]) func `every answer says when it was given`(path: String) async throws {
        #expect(try await answer("GET", path).contains("\r\nDate: Wed, 18 Nov 2026 11:06:40 GMT\r\n"))
    }

    @Test func `a pause without a body has no end`() async throws {
        #expect(try await answer("POST", "/v1/pause").hasPrefix("HTTP/1.1 200 "))
        #expect(fleet.calls == [.pauseFleet(nil, nil)])
    }

    @Test func `a misspelt end of a pause is no pause without an end`() async throws {
        let answer = try await answer("POST", "/v1/pause", body: #"{"untill":"2026-11-22T14:05:00Z"}"#)
        #expect(answer.contains(#"unknown key \"untill\"; known are until, reason"#))
        #expect(fleet.calls.isEmpty)
    }

    @Test func `a moment with an offset is understood`() async throws {
        _ = try await answer("POST", "/v1/pause", body: #"{"until":"2026-11-22T15:05:00+01:00"}"#)
        #expect(fleet.calls == [.pauseFleet(Timestamp(rfc3339: "2026-11-22T14:05:00Z"), nil)])
    }

    @Test(arguments: [
        ("width=60s&count=9", "from: missing"), ("from=2026-11-22T14:05:00Z&width=60s", "count: missing"),
        ("from=today&width=60s&count=9", "from: not a moment"),
        ("from=2026-11-22T14:05:00Z&width=60&count=9", "width: not a time span"),
        ("from=2026-11-22T14:05:00Z&width=60s&count=0", "count: not a number from 1 to 10000"),
        ("from=2026-11-22T14:05:00Z&width=60s&count=10001", "count: not a number from 1 to 10000"),
        ("limit=1", #"the query: unknown field \"limit\"; known are from, width, count"#),
    ]) func `a histogram that cannot be made is refused by the name of the field`(query: String, says: String)
        async throws
    {
        let answer = try await answer("GET", "/v1/plan/due?\(query)")
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(answer.contains(says), "\(answer)")
        #expect(fleet.calls.isEmpty)
    }
}
