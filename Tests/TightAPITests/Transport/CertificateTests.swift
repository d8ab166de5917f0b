import Foundation
import NIOSSL
import RefreshCore
import Testing

@testable import TightAPI

@Suite(.timeLimit(.minutes(1))) struct CertificateTests {
    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
    }

    private func settings(port: Int) throws -> TightClientSettings {
        var settings = try localSettings(port: port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        return settings
    }

    @Test func `trusts the authority in the CA file`() async throws {
        let server = try await FaultServer(.success, tls: authority.serverTLS())
        let answer = try await call(settings(port: server.port))
        #expect(answer.outcome == .refreshed)
        try await server.close()
    }

    @Test func `trusts no authority but the system's without a CA file`() async throws {
        let server = try await FaultServer(.success, tls: authority.serverTLS())
        let answer = try await call(localSettings(port: server.port, scheme: "https"))
        #expect(answer == RefreshAnswer(outcome: .misconfigured(.certificateNotTrusted), httpStatus: nil))
        #expect(server.log.requests.isEmpty)
        try await server.close()
    }

    @Test func `trusts no other authority than the one in the CA file`() async throws {
        let server = try await FaultServer(.success, tls: TestAuthority().serverTLS())
        let answer = try await call(settings(port: server.port))
        #expect(answer.outcome == .misconfigured(.certificateNotTrusted))
        #expect(server.log.requests.isEmpty)
        try await server.close()
    }

    @Test func `trusts no certificate for another host`() async throws {
        let server = try await FaultServer(.success, tls: authority.serverTLS(host: "tight.example"))
        let answer = try await call(settings(port: server.port))
        #expect(answer.outcome == .misconfigured(.certificateNotTrusted))
        #expect(server.log.requests.isEmpty)
        try await server.close()
    }

    @Test func `trusts no certificate past its time`() async throws {
        let server = try await FaultServer(.success, tls: authority.serverTLS(until: .now - 60))
        let answer = try await call(settings(port: server.port))
        #expect(answer.outcome == .misconfigured(.certificateNotTrusted))
        #expect(server.log.requests.isEmpty)
        try await server.close()
    }

    @Test func `speaks TLS 1.2 and nothing older`() async throws {
        let old = try await FaultServer(.success, tls: authority.serverTLS(maximum: .tlsv11))
        let refused = try await call(settings(port: old.port))
        #expect(refused.outcome == .unavailable(.handshakeFailed))
        #expect(old.log.requests.isEmpty)
        let good = try await FaultServer(.success, tls: authority.serverTLS(maximum: .tlsv12))
        let refreshed = try await call(settings(port: good.port))
        #expect(refreshed.outcome == .refreshed)
        try await old.close()
        try await good.close()
    }

    @Test func `does not know what came of a request whose connection is reset under TLS`() async throws {
        for fault in [Fault.writeAndClose(""), .writeAndReset("")] {
            let server = try await FaultServer(fault, tls: authority.serverTLS())
            let answer = try await call(settings(port: server.port))
            #expect(answer.outcome == .unknown(.connectionLost))
            #expect(server.log.requests.count == 1)
            try await server.close()
        }
    }

    @Test(arguments: ["h2", "http/1.1"])
    func `is sure that nothing was started where the server wants a certificate of ours`(version: String) async throws {
        let tls = try authority.serverTLS(protocols: [version], demandsCertificate: true)
        let server = try await FaultServer(.success, tls: tls)
        let exchange = try await withClient(settings(port: server.port)) { client in
            await client.exchange(HTTPCall(path: "/v5/banks/refresh"))
        }
        guard case .failed(let failure) = exchange else {
            Issue.record("\(exchange)")
            return
        }
        // In TLS 1.3 that comes when the request is written: over HTTP/2 it waits for the server's first word.
        #expect(failure.evidence == (version == "h2" ? .neverWritten : .disclaimed(.handshakeAlert)))
        #expect(failure.cause != .connectionLost && failure.cause != .notConnected)
        #expect(server.log.requests.isEmpty)
        try await server.close()
    }

    @Test func `names the CA file and what is wrong with it`() throws {
        let directory = FileManager.default.temporaryDirectory
        let empty = directory.appending(path: "\(UUID()).pem").path()
        try "no certificate".write(toFile: empty, atomically: true, encoding: .utf8)
        for (path, problem) in [
            ("/nowhere/ca.pem", TightClientProblem.caFileMissing(path: "/nowhere/ca.pem")),
            (directory.path(), .caFileNotReadable(path: directory.path())),
            (empty, .caFileWithoutCertificate(path: empty)),
        ] {
            var settings = try localSettings(port: 1)
            settings.caFile = path
            let thrown = #expect(throws: TightClientProblem.self) {
                try TightClient(settings: settings) { .epoch }
            }
            #expect(thrown == problem)
            #expect(problem.description.contains(path))
        }
    }
}
