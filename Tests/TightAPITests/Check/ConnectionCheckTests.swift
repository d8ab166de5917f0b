import Foundation
import NIOCore
import RefreshCore
import Testing

@testable import TightAPI

@Suite(.timeLimit(.minutes(1))) struct ConnectionCheckTests {
    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
    }

    private func settings(port: Int, proxyPort: Int? = nil) throws -> TightClientSettings {
        var settings = try localSettings(port: port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        settings.proxy = try proxyPort.map { try ProxyEndpoint("http://127.0.0.1:\($0)") }
        return settings
    }

    private func hops(_ settings: TightClientSettings, now: Timestamp = .epoch) async throws -> [ConnectionHop] {
        var hops: [ConnectionHop] = []
        await (try ConnectionCheck(settings: settings) { now }).run { hops.append($0) }
        return hops
    }

    private func states(_ hops: [ConnectionHop]) -> [String] {
        hops.map { "\($0.place.rawValue) \($0.state.rawValue)" }
    }

    private static let unauthorised = Fault.answer(401, #"{"error":"Session token is invalid or has expired."}"#)

    @Test func `goes the whole way and names what it finds at every hop`() async throws {
        let server = try await FaultServer(Self.unauthorised, tls: authority.serverTLS(until: .now + 90 * 86_400))
        let hops = try await hops(settings(port: server.port))
        #expect(states(hops) == ["name good", "address good", "TLS good", "protocol good", "request good"])
        #expect(hops[0].found == "resolves to 127.0.0.1" || hops[0].found.hasPrefix("resolves to "))
        #expect(hops[1].subject == "127.0.0.1:\(server.port)")
        #expect(hops[2].found.hasPrefix("TLS 1.3, certificate for localhost, issued by Test authority, valid until 2"))
        #expect(hops[3].found == "HTTP/1.1")
        #expect(hops[4].subject == "POST https://localhost:\(server.port)/rest/v5/banks/refresh")
        #expect(hops[4].found.hasPrefix("answered 401 after "))
        #expect(hops[4].found.hasSuffix(": as expected without a token"))
        // One request, and nobody's.
        #expect(server.log.requests.count == 1)
        #expect(server.log.requests[0].hasPrefix("POST /rest/v5/banks/refresh HTTP/1.1\r\n"))
        #expect(!server.log.requests[0].lowercased().contains("authorization"))
        try await server.close()
    }

    @Test func `names the protocol that the server chose, and a certificate that ends soon`() async throws {
        let server = try await HTTP2FaultServer(
            .success, tls: authority.serverTLS(until: .now + 86_400, protocols: ["h2"]))
        let hops = try await hops(settings(port: server.port))
        #expect(
            states(hops) == ["name good", "address good", "TLS noted", "protocol good", "request misconfigured"])
        #expect(hops[2].found.hasSuffix(": soon to be renewed"))
        #expect(hops[3].found == "HTTP/2")
        #expect(hops[4].found.contains("without a token Tight answers 401"))
        try await server.close()
    }

    @Test func `goes through the proxy as calls do`() async throws {
        let server = try await FaultServer(Self.unauthorised, tls: authority.serverTLS())
        let proxy = try await TunnelProxy()
        var settings = try settings(port: server.port, proxyPort: proxy.port)
        settings.proxyCredentials = ProxyCredentials(Secret("us:them".utf8))
        let hops = try await hops(settings)
        #expect(states(hops) == ["address good", "proxy good", "TLS noted", "protocol good", "request good"])
        #expect(hops[0].subject == "127.0.0.1:\(proxy.port)")
        #expect(hops[1].subject == "http://127.0.0.1:\(proxy.port)")
        #expect(hops[1].found == "opened a tunnel to localhost:\(server.port)")
        #expect(proxy.log.requests.allSatisfy { $0.contains("proxy-authorization: Basic dXM6dGhlbQ==") })
        try await server.close()
        try await proxy.close()
    }

    @Test func `stops at the proxy that does not let it through`() async throws {
        for (fault, state, text) in [
            (Fault.answer(407, ""), ConnectionHop.State.misconfigured, "set api.proxyCredentials"),
            (.answer(403, ""), .misconfigured, "does not allow connections to the API at port 1 "),
            (.answer(503, ""), .unavailable, "the API may be down"),
            (.closeOnAccept, .unavailable, "check the proxy"),
            (.write("SSH-2.0\r\n"), .misconfigured, "no HTTP proxy"),
        ] {
            let proxy = try await FaultServer(fault)
            let hops = try await hops(settings(port: 1, proxyPort: proxy.port))
            #expect(states(hops) == ["address good", "proxy \(state.rawValue)"])
            #expect(hops.last?.found.contains(text) == true, "\(hops)")
            try await proxy.close()
        }
    }

    @Test func `stops at a certificate that is not trusted, and makes no request`() async throws {
        let server = try await FaultServer(
            .success, tls: authority.serverTLS(host: "tight.example", until: .now + 60))
        let hops = try await hops(settings(port: server.port))
        #expect(states(hops) == ["name good", "address good", "TLS misconfigured"])
        #expect(hops[2].found.hasPrefix("the server's certificate is for tight.example, not for localhost"))
        #expect(server.log.requests.isEmpty)
        try await server.close()
    }

    @Test func `stops where nobody listens, nobody answers, or nobody is named so`() async throws {
        let server = try await FaultServer(.silence)
        var slow = try settings(port: server.port)
        slow.connectTimeout = .milliseconds(300)
        let silent = try await hops(slow)
        #expect(states(silent) == ["name good", "address good", "TLS unavailable"])
        #expect(silent.last?.found == "the TLS handshake failed (no answer in time)")
        try await server.close()

        let closed = try await hops(settings(port: server.port))
        #expect(states(closed) == ["name good", "address unavailable"])
        #expect(closed.last?.found == "no connection could be made (connection refused)")

        let dead = try await hops(settings(port: 443, proxyPort: server.port))
        #expect(states(dead) == ["address unavailable"])
        #expect(dead[0].found.contains("to the proxy"))

        let nameless = try await hops(TightClientSettings(endpoint: Endpoint("https://nobody.invalid"), version: "1"))
        #expect(states(nameless) == ["name unavailable"])
        #expect(nameless[0].found.hasPrefix("the host name could not be resolved ("))
    }

    @Test func `tries every address, and makes the request where one leads to the end`() async throws {
        let server = try await FaultServer(Self.unauthorised, tls: authority.serverTLS())
        let settings = try settings(port: server.port)
        // Nobody listens at the first.
        let lookup: AddressBook.Lookup = { _, port in
            try ["127.0.0.9", "127.0.0.1"].map { try SocketAddress(ipAddress: $0, port: port) }
        }
        var hops: [ConnectionHop] = []
        await (try ConnectionCheck(settings: settings, lookup: lookup) { .epoch }).run { hops.append($0) }
        #expect(
            states(hops) == [
                "name good", "address unavailable", "address good", "TLS noted", "protocol good", "request good",
            ])
        #expect(hops[0].found == "resolves to 127.0.0.9, 127.0.0.1")
        #expect(hops[1].subject == "127.0.0.9:\(server.port)")
        try await server.close()
    }

    @Test(arguments: [
        (401, ConnectionHop.State.good), (429, .noted), (403, .misconfigured), (404, .misconfigured),
        (405, .misconfigured), (400, .misconfigured), (200, .misconfigured), (302, .misconfigured),
        (500, .unavailable), (502, .unavailable), (503, .unavailable), (504, .unavailable), (999, .unavailable),
    ])
    func `judges an answer to a call without a token`(status: Int, state: ConnectionHop.State) {
        #expect(JudgedAnswer(HTTPAnswer(status: status)).state == state)
    }

    @Test(arguments: [(0, nil), (59, nil), (-59, nil), (300, "5 min ahead of"), (-7_200, "2 h behind")])
    func `tells a clock that differs from the server's`(seconds: Int64, text: String?) async throws {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT"
        let server = try await FaultServer(
            .answer(401, "", headers: "Date: \(date)\r\n"), tls: authority.serverTLS())
        let hops = try await hops(
            settings(port: server.port), now: Timestamp(secondsSinceEpoch: 784_111_777 + seconds))
        let found = try #require(hops.last?.found)
        #expect(found.contains("clock") == (text != nil))
        if let text { #expect(found.hasSuffix("; this machine's clock is \(text) the server's (timedatectl)")) }
        try await server.close()
    }
}
