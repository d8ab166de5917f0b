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
        #expect(answer.outcome == .misconfigured(.certificateNotTrusted))
        try await server.close()
        try await proxy.close()
    }

    @Test(arguments: [
        Fault.answer(403, "no"), .answer(407, "who are you"), .answer(502, ""), .writeAndClose(""),
        .writeAndReset(""),
        .closeOnAccept, .writeAndClose("HTTP/1.1 200 C"),
    ])
    func `starts nothing when the proxy refuses or dies`(fault: Fault) async throws {
        let server = try await FaultServer(.success)
        let proxy = try await FaultServer(fault)
        let answer = try await call(
            settings(port: server.port, proxyPort: proxy.port, authority: TestAuthority())
        )
        #expect(answer == RefreshAnswer(outcome: .unavailable(.proxyRefused), httpStatus: nil))
        #expect(server.log.connections == 0)
        try await server.close()
        try await proxy.close()
    }

    @Test func `starts nothing when nobody listens at the proxy's port`() async throws {
        let proxy = try await FaultServer(.silence)
        try await proxy.close()
        let answer = try await call(settings(port: 1, proxyPort: proxy.port, authority: TestAuthority()))
        #expect(answer.outcome == .unavailable(.proxyRefused))
    }

    @Test func `starts nothing when the proxy never answers`() async throws {
        let proxy = try await FaultServer(.silence)
        var settings = try settings(port: 1, proxyPort: proxy.port, authority: TestAuthority())
        settings.connectTimeout = .milliseconds(300)
        let answer = try await call(settings)
        #expect([.unavailable(.proxyRefused), .unavailable(.notConnected)].contains(answer.outcome))
        try await proxy.close()
    }
}
