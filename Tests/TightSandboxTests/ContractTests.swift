import RefreshCore
import Testing
import TightSandbox

@Suite(.timeLimit(.minutes(1)))
struct ContractTests {
    @Test func `a known token gets a SUCCESS in the shape of the contract`() async throws {
        let configuration = try SandboxConfiguration.plain()
        let user = try #require(configuration.users.list.first)
        try await TightSandbox.running(configuration) { sandbox in
            let answer = try await sandbox.call(user)
            #expect(
                answer.text == """
                    HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=utf-8\r\nContent-Length: 123\r\n\
                    Connection: close\r\n\r\n{"errors":{"fieldErrors":{},"globalErrors":[]},"id":"1",\
                    "result":"SUCCESS","webhook":{"type":"ENTITY_UPDATE","userId":"1"}}
                    """
            )
            #expect(answer.end == .closed)
        }
    }

    @Test(
        arguments: [
            (
                Behaviour.failure(FailureMessages(global: ["No \"luck\""], fields: ["bank": "gone"])), 200,
                """
                {"errors":{"fieldErrors":{"bank":{"errorMessage":"gone","type":"INVALID_VALUE"}},\
                "globalErrors":[{"errorMessage":"No \\"luck\\"","type":"GENERAL"}]},"id":"1","result":"FAILURE"}
                """
            ),
            (.unauthorized, 401, #"{"error":"Session token is invalid or has expired."}"#),
            (.forbidden, 403, #"{"error":"Insufficient permissions."}"#),
            (.throttled(retryAfter: nil), 429, #"{"error":"Too many requests."}"#),
            (.status(503, .json), 503, #"{"error":"Service Unavailable"}"#),
            (.status(504, .empty), 504, ""),
            (.status(204, .json), 204, ""),
            (
                .status(502, .html), 502,
                "<!DOCTYPE html>\n<html><head><title>502</title></head><body>502</body></html>\n"
            ),
            (
                .html200, 200,
                "<!DOCTYPE html>\n<html><head><title>200</title></head><body>200</body></html>\n"
            ),
            (
                .unknownResult, 200,
                #"{"errors":{"fieldErrors":{},"globalErrors":[]},"id":"1","result":"PARTIAL"}"#
            ),
            (.noResult, 200, #"{"response":{},"status":"SUCCESS"}"#),
            (.redirect(to: "https://example.com/x"), 307, ""),
            (.slow(.milliseconds(1), then: .forbidden), 403, #"{"error":"Insufficient permissions."}"#),
        ] as [(Behaviour, Int, String)]
    )
    func `a behaviour shows as its status and body`(behaviour: Behaviour, status: Int, body: String)
        async throws
    {
        let configuration = try SandboxConfiguration.plain()
        let user = try #require(configuration.users.list.first)
        try await TightSandbox.running(configuration) { sandbox in
            sandbox.set(behaviour: behaviour, forUser: user.id)
            let answer = try await sandbox.call(user)
            #expect(answer.statusLine.hasPrefix("HTTP/1.1 \(status) "))
            #expect(answer.body == body)
            let call = try #require(sandbox.calls(ofUser: user.id)?.calls.first)
            #expect(call.status == status)
            #expect(call.behaviour == behaviour.name)
            #expect(call.ending == .answered)
        }
    }

    @Test func `Retry-After and Location go out as they stand`() async throws {
        let configuration = try SandboxConfiguration.plain()
        let user = try #require(configuration.users.list.first)
        try await TightSandbox.running(configuration) { sandbox in
            let script = Script(.throttled(retryAfter: "\"12\""), .redirect(to: "https://example.com/x"))
            sandbox.set(script: script, forUser: user.id)
            let throttled = try await sandbox.call(user)
            #expect(throttled.head.contains("\r\nRetry-After: \"12\"\r\n"))
            let redirected = try await sandbox.call(user)
            #expect(redirected.head.contains("\r\nLocation: https://example.com/x\r\n"))
        }
    }

    @Test(arguments: [
        [], ["Authorization: Bearer 00"], ["Authorization: Basic 00"], ["Authorization: Bearer"],
        ["Authorization: Bearer 00", "Authorization: Bearer 00"],
    ])
    func `a token that nobody has is refused and only counted`(headers: [String]) async throws {
        try await TightSandbox.running(try .plain()) { sandbox in
            let answer = try await sandbox.call(nil, headers: headers + ["Connection: close"])
            #expect(answer.statusLine == "HTTP/1.1 401 Unauthorized")
            #expect(answer.body == #"{"error":"Session token is invalid or has expired."}"#)
            #expect(sandbox.calls.unknownTokens == 1)
            #expect(sandbox.calls.total == 0)
        }
    }

    @Test func `a wrong path is 404 and a wrong method 405, and neither is a call`() async throws {
        let configuration = try SandboxConfiguration.plain()
        let user = try #require(configuration.users.list.first)
        try await TightSandbox.running(configuration) { sandbox in
            let lost = try await sandbox.call(user, path: "/v5/banks/refresh")
            #expect(lost.statusLine == "HTTP/1.1 404 Not Found")
            let got = try await sandbox.call(user, method: "GET")
            #expect(got.statusLine == "HTTP/1.1 405 Method Not Allowed")
            #expect(got.head.contains("\r\nAllow: POST\r\n"))
            let asked = try await sandbox.call(user, method: "HEAD")
            #expect(asked.body.isEmpty)
            #expect(sandbox.calls.wrongPaths == 1)
            #expect(sandbox.calls.wrongMethods == 2)
            #expect(sandbox.calls.total == 0)
        }
    }

    @Test func `a body and parameters are tolerated and noted`() async throws {
        let configuration = try SandboxConfiguration.plain()
        let user = try #require(configuration.users.list.first)
        try await TightSandbox.running(configuration) { sandbox in
            let answer = try await sandbox.call(user, path: "/rest/v5/banks/refresh?all=1", body: "{}")
            #expect(answer.statusLine == "HTTP/1.1 200 OK")
            let call = try #require(sandbox.calls(ofUser: user.id)?.calls.first)
            #expect(call.bodyBytes == 2)
            #expect(call.queryBytes == 5)
        }
    }

    @Test func `one connection carries call after call`() async throws {
        let configuration = try SandboxConfiguration.plain()
        let user = try #require(configuration.users.list.first)
        try await TightSandbox.running(configuration) { sandbox in
            sandbox.set(script: Script(.failure, .success), forUser: user.id)
            let request =
                "POST /rest/v5/banks/refresh HTTP/1.1\r\nHost: a\r\nAuthorization: bearer \(user.tokenText)\r\n"
            let answer = try await RawExchange(
                request + "\r\n" + request + "Connection: close\r\n\r\n",
                port: sandbox.port
            )
            #expect(answer.text.split(separator: "HTTP/1.1 200 OK").count == 2)
            #expect(sandbox.calls(ofUser: user.id)?.count == 2)
            #expect(sandbox.calls(ofUser: user.id)?.maxConcurrent == 1)
        }
    }
}
