import RefreshCore
import Testing
import TightAPI

@Suite(.timeLimit(.minutes(1))) struct ProxyTests {
    private func settings(port: Int, proxyPort: Int, authority: TestAuthority) throws -> TightClientSettings {
        var settings = try localSettings(port: port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        settings.proxy = try ProxyEndpoint("http://127.0.0.1:\(proxyPort)")
        return settings
    }

    @Test func `tunnels through the proxy, which never sees the token`() async throws {
        let authority = try TestAuthority()
        let server = try await FaultServer(.success, tls: authority.serverTLS())
        let proxy = try await TunnelProxy()
        let answer = try await call(settings(port: server.port, proxyPort: proxy.port, authority: authority))
        #expect(answer.outcome == .refreshed)
        #expect(server.log.requests.count == 1)
        #expect(
            proxy.log.requests == ["CONNECT localhost:\(server.port) HTTP/1.1\r\nhost: localhost\r\n\r\n"]
        )
        try await server.close()
        try await proxy.close()
    }

    @Test func `verifies the certificate behind the proxy`() async throws {
        let server = try await FaultServer(.success, tls: TestAuthority().serverTLS())
        let proxy = try await TunnelProxy()
        let answer = try await call(
            settings(port: server.port, proxyPort: proxy.port, authority: TestAuthority())
        )
        #expect(answer.outcome == .misconfigured(.certificate(.issuerUnknown("Test authority"))))
        try await server.close()
        try await proxy.close()
    }

    @Test(arguments: [
        (Fault.answer(403, "no"), Outcome.misconfigured(.proxy(.forbidden(port: 0)))),
        (.answer(407, "who are you"), .misconfigured(.proxy(.credentialsMissing))),
        (.answer(500, ""), .unavailable(.proxy(.targetNotReached(status: 500)))),
        (.answer(502, "<html>"), .unavailable(.proxy(.targetNotReached(status: 502)))),
        (.answer(503, ""), .unavailable(.proxy(.targetNotReached(status: 503)))),
        (.answer(504, ""), .unavailable(.proxy(.targetNotReached(status: 504)))),
        (.answer(408, ""), .unavailable(.proxy(.busy(status: 408)))),
        (.answer(429, ""), .unavailable(.proxy(.busy(status: 429)))),
        (.writeAndClose(""), .unavailable(.proxy(.noAnswer))), (.writeAndReset(""), .unavailable(.proxy(.noAnswer))),
        (.closeOnAccept, .unavailable(.proxy(.noAnswer))),
        (.writeAndClose("HTTP/1.1 200 C"), .unavailable(.proxy(.noAnswer))),
        // A web server, which has no idea of tunnels.
        (.answer(200, "<html>welcome</html>"), .misconfigured(.proxy(.notAProxy(status: 200)))),
        (.answer(302, ""), .misconfigured(.proxy(.notAProxy(status: 302)))),
        (.answer(400, ""), .misconfigured(.proxy(.notAProxy(status: 400)))),
        (.answer(404, ""), .misconfigured(.proxy(.notAProxy(status: 404)))),
        (.answer(405, ""), .misconfigured(.proxy(.notAProxy(status: 405)))),
        (.answer(501, ""), .misconfigured(.proxy(.notAProxy(status: 501)))),
        (.write("HTTP/1.1 100 Continue\r\n\r\n"), .misconfigured(.proxy(.notAProxy(status: 100)))),
        // Something else altogether, that says so at once, later, or without an end.
        (.write("SSH-2.0-OpenSSH_9.2\r\n"), .misconfigured(.proxy(.notAProxy(status: nil)))),
        (.write("<html>"), .misconfigured(.proxy(.notAProxy(status: nil)))),
        (.writeBytes([21, 3, 1, 0, 2, 2, 70]), .misconfigured(.proxy(.notAProxy(status: nil)))),
        (.write("HTTP/1.1 two hundred\r\n\r\n"), .misconfigured(.proxy(.notAProxy(status: nil)))),
        (.write("HTTP/1.1 2000 OK\r\n\r\n"), .misconfigured(.proxy(.notAProxy(status: nil)))),
        (.write("HTTP/1.1\r\n\r\n"), .misconfigured(.proxy(.notAProxy(status: nil)))),
        (
            .write("HTTP/1.1 200 OK\r\nA: \(String(repeating: "a", count: 20_000))"),
            .misconfigured(.proxy(.notAProxy(status: nil)))
        ),
    ])
    func `starts nothing when the proxy refuses or dies, and says which`(fault: Fault, outcome: Outcome) async throws {
        let server = try await FaultServer(.success)
        let proxy = try await FaultServer(fault)
        let answer = try await call(
            settings(port: server.port, proxyPort: proxy.port, authority: TestAuthority())
        )
        let expected: Outcome =
            if case .misconfigured(.proxy(.forbidden)) = outcome {
                .misconfigured(.proxy(.forbidden(port: server.port)))
            } else {
                outcome
            }
        #expect(answer == RefreshAnswer(outcome: expected, httpStatus: nil))
        #expect(answer.outcome.reason?.contains("proxy") == true)
        #expect(server.log.connections == 0)
        try await server.close()
        try await proxy.close()
    }

    @Test func `starts nothing when nobody listens at the proxy's port`() async throws {
        let proxy = try await FaultServer(.silence)
        try await proxy.close()
        let answer = try await call(settings(port: 1, proxyPort: proxy.port, authority: TestAuthority()))
        #expect(answer.outcome == .unavailable(.proxy(.notReached)))
    }

    @Test func `tells a proxy without a name from one that does not listen`() async throws {
        var settings = try settings(port: 1, proxyPort: 1, authority: TestAuthority())
        settings.proxy = try ProxyEndpoint("http://proxy.invalid:3128")
        let answer = try await call(settings)
        #expect(answer.outcome == .unavailable(.proxy(.nameNotResolved)))
    }

    @Test func `brings its credentials to the proxy alone`() async throws {
        let authority = try TestAuthority()
        let server = try await FaultServer(.success, tls: authority.serverTLS())
        let proxy = try await TunnelProxy()
        var settings = try settings(port: server.port, proxyPort: proxy.port, authority: authority)
        settings.proxyCredentials = ProxyCredentials(Secret("Aladdin:open sesame: ü".utf8))
        let answer = try await call(settings)
        #expect(answer.outcome == .refreshed)
        #expect(
            proxy.log.requests == [
                "CONNECT localhost:\(server.port) HTTP/1.1\r\nhost: localhost\r\n"
                    + "proxy-authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZTogw7w=\r\n\r\n"
            ]
        )
        #expect(server.log.requests.count == 1)
        #expect(!server.log.requests[0].lowercased().contains("proxy"))
        #expect(!"\(settings)".contains("sesame"))
        #expect(!"\(settings)".contains("QWxhZGRpb"))
        try await server.close()
        try await proxy.close()
    }

    @Test func `tells credentials that are wrong from none`() async throws {
        let proxy = try await FaultServer(.answer(407, "who are you"))
        var settings = try settings(port: 1, proxyPort: proxy.port, authority: TestAuthority())
        settings.proxyCredentials = ProxyCredentials(Secret("us:wrong".utf8))
        let answer = try await call(settings)
        #expect(answer.outcome == .misconfigured(.proxy(.credentialsRefused)))
        #expect(answer.outcome.reason?.contains("wrong") == false)
        try await proxy.close()
    }

    @Test(arguments: [
        ("us:", true), ("us:a:b c", true), (":", false), (":b", false), ("us", false), ("", false),
        ("u:p\n", false), ("u\u{7F}:p", false), ("ü:ß", true),
    ])
    func `takes user and password with a colon between them`(pair: String, isTaken: Bool) {
        #expect((ProxyCredentials(Secret(pair.utf8)) != nil) == isTaken)
    }

    @Test func `starts nothing when the proxy never answers`() async throws {
        let proxy = try await FaultServer(.silence)
        var settings = try settings(port: 1, proxyPort: proxy.port, authority: TestAuthority())
        settings.connectTimeout = .milliseconds(300)
        let answer = try await call(settings)
        #expect(answer.outcome == .unavailable(.proxy(.noAnswer)))
        try await proxy.close()
    }
}
