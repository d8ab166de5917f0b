import RefreshCore
import Testing

@testable import TightAPI

@Suite(.timeLimit(.minutes(1))) struct ExchangeTests {
    private let renewal = HTTPCall(
        path: "/v5/auth/token",
        headers: [("content-type", "application/x-www-form-urlencoded")],
        body: Secret("grant_type=client_credentials".utf8)
    )

    @Test func `sends any request over HTTP/1.1`() async throws {
        let server = try await FaultServer(.success)
        try await withClient(localSettings(port: server.port)) { client in
            for call in [renewal, HTTPCall(method: "GET", path: "/health", accept: "*/*")] {
                guard case .answered(let answer) = await client.exchange(call) else { throw Unanswered() }
                #expect(answer.status == 200)
            }
        }
        #expect(
            server.log.requests == [
                "POST /rest/v5/auth/token HTTP/1.1\r\nAccept: application/json\r\n"
                    + "Accept-Encoding: identity\r\nUser-Agent: bankrefreshd/1.2.3\r\nConnection: keep-alive\r\n"
                    + "content-type: application/x-www-form-urlencoded\r\nhost: localhost:\(server.port)\r\n"
                    + "Content-Length: 29\r\n\r\ngrant_type=client_credentials",
                "GET /rest/health HTTP/1.1\r\nAccept: */*\r\nAccept-Encoding: identity\r\n"
                    + "User-Agent: bankrefreshd/1.2.3\r\nConnection: keep-alive\r\n"
                    + "host: localhost:\(server.port)\r\nContent-Length: 0\r\n\r\n",
            ]
        )
        #expect(server.log.connections == 1)
        try await server.close()
    }

    @Test func `sends any request over HTTP/2`() async throws {
        let authority = try TestAuthority()
        let server = try await HTTP2FaultServer(.success, tls: authority.serverTLS(protocols: ["h2"]))
        var settings = try localSettings(port: server.port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        try await withClient(settings) { client in
            guard case .answered(let answer) = await client.exchange(renewal) else { throw Unanswered() }
            #expect(answer.status == 200)
        }
        let request = try #require(server.log.requests.first)
        #expect(
            Set(request.split(separator: "\n").map(String.init)) == [
                ":method: POST", ":path: /rest/v5/auth/token", ":scheme: https",
                ":authority: localhost:\(server.port)", "accept: application/json",
                "accept-encoding: identity",
                "user-agent: bankrefreshd/1.2.3", "content-type: application/x-www-form-urlencoded",
                "content-length: 29", "end: false", "grant_type=client_credentials",
            ]
        )
        try await server.close()
    }

    @Test func `checks no certificate against an address that only the proxy connects to`() throws {
        var settings = TightClientSettings(endpoint: try Endpoint("https://192.0.2.1/rest"), version: "1")
        settings.proxy = try ProxyEndpoint("http://127.0.0.1:3128")
        let thrown = #expect(throws: TightClientProblem.self) {
            try TightClient(settings: settings) { .epoch }
        }
        #expect(thrown == .addressBehindProxy(settings.endpoint))
    }

    private struct Unanswered: Error {}
}
