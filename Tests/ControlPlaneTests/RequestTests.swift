import ControlPlane
import RefreshCore
import RefreshDaemon
import Testing

/// Requests as other programs may send them.
@Suite(.timeLimit(.minutes(1))) struct RequestTests {
    private let daemon = RecordingDaemon()

    private func answer(_ name: String, _ body: String?) async throws -> String {
        try await withServer(daemon) { path in try await post(body, to: name, at: path) }
    }

    private func ask(_ method: String, _ uri: String) async throws -> String {
        try await withServer(daemon) { path in
            let socket = try RawSocket(connectedTo: path)
            try await socket.send(
                "\(method) \(uri) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            )
            return await socket.readToEnd()
        }
    }

    @Test(arguments: [
        ("{", "the body: not JSON"),
        ("", "users: missing"),
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
        let answer = try await answer("put-users", body)
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(answer.contains(#""code":"badRequest""#))
        #expect(answer.contains(says), "\(answer)")
        #expect(daemon.asked.isEmpty)
    }

    @Test func `a token that is refused is not echoed`() async throws {
        let secret = "hush\(UInt64.random(in: 0 ... .max)) hush"
        let answer = try await answer("put-users", #"{"users":[{"userID":"a","token":"\#(secret)"}]}"#)
        #expect(answer.contains("users[0].token: the token holds a space"))
        #expect(!answer.contains("hush"))
    }

    @Test(arguments: [
        ("list-users", #"{"state":"$"}"#, "state: is none of scheduled, "),
        ("put-users", #"{"users":[{"userID":"a","$":1}]}"#, "users[0]: an unknown key; known are userID, "),
        (
            "put-users", #"{"users":[{"userID":"a","token":"x","standing":{"$":1}}]}"#,
            "users[0].standing: an unknown key; "
        ),
    ]) func `a token in the place of a word or key is not echoed`(
        operation: String, body: String, says: String
    ) async throws {
        let token = "hush.\(UInt64.random(in: 0 ... .max))"
        let answer = try await answer(operation, body.replacing("$", with: token))
        #expect(answer.contains(says), "\(answer)")
        #expect(!answer.contains("hush"))
    }

    @Test func `more users than a request may bring are refused`() async throws {
        let row = #"{"userID":"a","token":"x"}"#
        let body = #"{"users":[\#(Array(repeating: row, count: 1_001).joined(separator: ","))]}"#
        #expect(
            try await answer("put-users", body).contains(
                "users: 1001 users; one request may bring 1000"
            )
        )
    }

    @Test(arguments: [
        (#""state":"asleep""#, #"state: \"asleep\" is none of scheduled, backing off, parked, paused"#),
        (#""outcome":"""#, #"outcome: \"\" is none of refreshed, "#), (#""state":7"#, "state: not a text"),
        (#""limit":0"#, "limit: 0 is not a number from 1 to 10000"),
        (#""limit":10001"#, "limit: 10001 is not a number from 1 to 10000"),
        (#""limit":"x""#, "limit: not a whole number"),
        (#""limit":1e30"#, "the body: not JSON, or with a number that does not fit"),
        (#""limit":1.5"#, "the body: not JSON, or with a number that does not fit"),
        (#""after":" a""#, "after: the user id begins or ends with a space"), (#""group":"ä""#, "group: a group has"),
        (
            #""order":"up""#,
            #"the body: unknown key \"order\"; known are state, parkReason, outcome, group, notRefreshedSince, expiringBefore, sort, after, limit"#
        ),
        (#""sort":"up""#, #"sort: \"up\" is none of due, last-success, failures, expiry"#),
        (#""sort":"due","after":"a""#, "after: goes with the order of ids, not with due"),
        (#""expiringBefore":"soon""#, "expiringBefore: not a moment"),
        (#""expiringBefore":7"#, "expiringBefore: not a moment"),
    ]) func `a query that cannot be taken is refused by the name of the field`(query: String, says: String)
        async throws
    {
        let answer = try await answer("list-users", "{\(query)}")
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(answer.contains(says), "\(answer)")
        #expect(daemon.asked.isEmpty)
    }

    @Test(arguments: [
        (#""standing":{}"#, "users[0].standing.slot: is missing"),
        (
            #""standing":{"slot":"2026-11-22T14:05:00Z","failures":-1}"#,
            "users[0].standing.failures: must not be negative"
        ),
        (
            #""standing":{"slot":"2026-11-22T14:05:00Z","state":"hush"}"#,
            "users[0].standing.state: is none of scheduled"
        ),
        (#""standing":{"slot":"2026-11-22T14:05:00Z","stat":"hush"}"#, #"users[0].standing: unknown key \"stat\""#),
    ]) func `a standing that cannot be is refused by the name of the field, and its words are not repeated`(
        standing: String, says: String
    ) async throws {
        let answer = try await answer("put-users", #"{"users":[{"userID":"a","token":"x",\#(standing)}]}"#)
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(answer.contains(says), "\(answer)")
        #expect(!answer.contains("hush"))
        #expect(daemon.asked.isEmpty)
    }

    @Test(arguments: ["\\u0000", " a", "", String(repeating: "a", count: 257)])
    func `what is no user id is refused`(text: String) async throws {
        let answer = try await answer("show-user", #"{"user":"\#(text)"}"#)
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(answer.contains("user: the user id "), "\(answer)")
        #expect(daemon.asked.isEmpty)
    }

    @Test(arguments: [
        "/", "/v1", "/v2/status", "/v1/status/x", "/v1/status/", "/v1/users/a", "/v1/STATUS", "/v1/put%2Dusers",
    ])
    func `an unknown path is told as JSON`(path: String) async throws {
        let answer = try await ask("GET", path)
        #expect(answer.hasPrefix("HTTP/1.1 404 "))
        #expect(answer.contains(#"{"error":{"code":"noSuchRoute","message":"there is no such path"}}"#))
    }

    @Test(arguments: ["GET", "PUT", "HEAD", "PATCH", "DELETE", "OPTIONS"])
    func `any method but POST is told so`(method: String) async throws {
        let answer = try await ask(method, "/v1/status")
        #expect(answer.hasPrefix("HTTP/1.1 405 "))
        #expect(answer.lowercased().contains("\r\nallow: post\r\n"), "\(answer)")
        #expect(daemon.asked.isEmpty)
    }

    @Test func `nothing is read from a query, and nobody is left to think so`() async throws {
        let answer = try await ask("POST", "/v1/pause?until=2026-11-22T14:05:00Z")
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(answer.contains("the query: nothing is taken from it; send parameters as JSON in the body"))
        #expect(daemon.asked.isEmpty)
    }

    @Test func `no rule is set aside for whom the schedule calls`() async throws {
        let answer = try await answer("queue-refresh", #"{"users":["a"],"force":true}"#)
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(answer.contains(#"unknown key \"force\"; known are users"#))
        #expect(daemon.asked.isEmpty)
    }

    @Test(arguments: ["/v1/status", "/nothing"]) func `every answer says when it was given`(path: String) async throws {
        #expect(try await ask("GET", path).contains("\r\nDate: Wed, 18 Nov 2026 11:06:40 GMT\r\n"))
    }

    @Test func `a pause without a body has no end`() async throws {
        #expect(try await answer("pause", nil).hasPrefix("HTTP/1.1 200 "))
        #expect(daemon.asked(PauseAll.self) == [PauseAll()])
    }

    @Test func `a misspelt end of a pause is no pause without an end`() async throws {
        let answer = try await answer("pause", #"{"untill":"2026-11-22T14:05:00Z"}"#)
        #expect(answer.contains(#"unknown key \"untill\"; known are until, reason"#))
        #expect(daemon.asked.isEmpty)
    }

    @Test func `a moment with an offset is understood`() async throws {
        _ = try await answer("pause", #"{"until":"2026-11-22T15:05:00+01:00"}"#)
        #expect(daemon.asked(PauseAll.self) == [PauseAll(until: Timestamp(rfc3339: "2026-11-22T14:05:00Z"))])
    }

    @Test(arguments: [
        (#""width":"60s","count":9"#, "from: missing"),
        (#""from":"2026-11-22T14:05:00Z","width":"60s""#, "count: missing"),
        (#""from":"today","width":"60s","count":9"#, "from: not a moment"),
        (#""from":"2026-11-22T14:05:00Z","width":"60","count":9"#, "width: not a time span"),
        (#""from":"2026-11-22T14:05:00Z","width":"500ms","count":9"#, "width: 500ms is too short"),
        (#""from":"2026-11-22T14:05:00Z","width":"60s","count":0"#, "count: 0 is not a number from 1 to 10000"),
        (#""from":"2026-11-22T14:05:00Z","width":"60s","count":10001"#, "count: 10001 is not a number from 1 to 10000"),
    ]) func `a histogram that cannot be made is refused by the name of the field`(query: String, says: String)
        async throws
    {
        let answer = try await answer("count-due", "{\(query)}")
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(answer.contains(says), "\(answer)")
        #expect(daemon.asked.isEmpty)
    }
}
