import Foundation
import NIOSSL
import RefreshCore
import SwiftASN1
import Testing
import TightAPI
import X509

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

    private func refusal(
        by server: NIOSSLContext, trusting path: String? = nil, host: String = "localhost"
    ) async throws -> Outcome {
        let server = try await FaultServer(.success, tls: server)
        var settings = TightClientSettings(
            endpoint: try Endpoint("https://\(host):\(server.port)/rest"), version: "1")
        settings.caFile = try path ?? authority.writeCAFile()
        let answer = try await call(settings)
        #expect(server.log.requests.isEmpty)
        #expect(answer.httpStatus == nil)
        #expect((answer.outcome.reason?.count ?? 0) <= 200)
        try await server.close()
        return answer.outcome
    }

    @Test func `trusts no authority but the system's without a CA file`() async throws {
        let server = try await FaultServer(.success, tls: authority.serverTLS())
        let answer = try await call(localSettings(port: server.port, scheme: "https"))
        let problem = CertificateProblem.issuerUnknown("Test authority")
        #expect(answer == RefreshAnswer(outcome: .misconfigured(.certificate(problem)), httpStatus: nil))
        #expect(server.log.requests.isEmpty)
        try await server.close()
    }

    @Test func `names an issuer that is unknown, whether its own certificate comes along or not`() async throws {
        let other = try TestAuthority("Another \u{1B}[31mauthority")
        let problem = CertificateProblem.issuerUnknown("Another [31mauthority")
        for server in [try other.serverTLS(), try other.serverTLS { $0.sending = [other] }] {
            let outcome = try await refusal(by: server)
            #expect(outcome == .misconfigured(.certificate(problem)))
        }
        let middle = try TestAuthority("Middle", below: other)
        let outcome = try await refusal(by: middle.serverTLS { $0.sending = [middle] })
        #expect(outcome == .misconfigured(.certificate(problem)))
        // Of the same name, and another one all the same.
        let namesake = try await refusal(by: TestAuthority().serverTLS())
        #expect(namesake == .misconfigured(.certificate(.issuerUnknown("Test authority"))))
    }

    @Test func `names the intermediate certificate that a server leaves out`() async throws {
        let middle = try TestAuthority("Middle", below: authority)
        let outcome = try await refusal(by: middle.serverTLS { $0.tellsIssuersPlace = true })
        #expect(outcome == .misconfigured(.certificate(.intermediateMissing(issuer: "Middle"))))
        let whole = try await FaultServer(.success, tls: middle.serverTLS { $0.sending = [middle] })
        let answer = try await call(settings(port: whole.port))
        #expect(answer.outcome == .refreshed)
        try await whole.close()
    }

    @Test func `names the names of a certificate for another host`() async throws {
        let outcome = try await refusal(by: authority.serverTLS(host: "tight.example"))
        let problem = CertificateProblem.wrongHost("localhost", names: ["tight.example"])
        #expect(outcome == .misconfigured(.certificate(problem)))
        let many = try await refusal(
            by: authority.serverTLS {
                $0.names =
                    [.dnsName("*.a.example"), .ipAddress(.init(contentBytes: [192, 0, 2, 1]))]
                    + (1...9).map { .dnsName("b\($0).example") }
            })
        #expect(
            many.reason == "the server's certificate is for *.a.example, 192.0.2.1, b1.example, b2.example and others, "
                + "not for localhost: check api.baseURL, and where the name leads")
        let address = try await refusal(by: authority.serverTLS(), host: "127.0.0.1")
        #expect(address == .misconfigured(.certificate(.wrongHost("127.0.0.1", names: ["localhost"]))))
    }

    @Test func `names the moment since when a certificate is past its time, or from when it is good`() async throws {
        let (past, future) = (
            Date(timeIntervalSince1970: 1_700_000_000), Date(timeIntervalSince1970: 4_000_000_000)
        )
        let end = Timestamp(secondsSinceEpoch: 1_700_000_000)
        let begin = Timestamp(secondsSinceEpoch: 4_000_000_000)
        let expired = try await refusal(
            by: authority.serverTLS {
                $0.from = past - 60
                $0.until = past
            })
        #expect(expired == .misconfigured(.certificate(.expired(end, of: .server))))
        let early = try await refusal(
            by: authority.serverTLS {
                $0.from = future
                $0.until = future + 60
            })
        #expect(early == .misconfigured(.certificate(.notYetValid(begin, of: .server))))
        #expect(early.reason?.contains("clock") == true)
        let middle = try TestAuthority("Middle", below: authority, from: past - 60, until: past)
        let above = try await refusal(by: middle.serverTLS { $0.sending = [middle] })
        #expect(above == .misconfigured(.certificate(.expired(end, of: .issuer))))
    }

    @Test func `tells a certificate that vouches for itself, and one for other purposes`() async throws {
        let selfSigned = try await refusal(by: authority.serverTLS { $0.isSelfSigned = true })
        #expect(selfSigned == .misconfigured(.certificate(.selfSigned)))
        let client = try await refusal(by: authority.serverTLS { $0.purposes = [.clientAuth] })
        #expect(client == .misconfigured(.certificate(.wrongPurpose)))
        let server = try await FaultServer(.success, tls: authority.serverTLS { $0.purposes = [.serverAuth] })
        let answer = try await call(settings(port: server.port))
        #expect(answer.outcome == .refreshed)
        try await server.close()
    }

    @Test func `speaks TLS 1.2 and nothing older`() async throws {
        let outcome = try await refusal(by: authority.serverTLS(maximum: .tlsv11))
        #expect(outcome == .misconfigured(.handshake(.protocolVersion)))
        let good = try await FaultServer(.success, tls: authority.serverTLS(maximum: .tlsv12))
        let refreshed = try await call(settings(port: good.port))
        #expect(refreshed.outcome == .refreshed)
        try await good.close()
    }

    @Test func `tells what is not TLS`() async throws {
        for text in ["HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n"] {
            let server = try await GreetingServer(text)
            let answer = try await call(settings(port: server.port))
            #expect(answer.outcome == .misconfigured(.handshake(.notTLS)))
            try await server.close()
        }
    }

    @Test(arguments: [TLSVersion.tlsv12, .tlsv13], [["http/1.1"], ["h2"]])
    func `a server that wants a client certificate has looked at no request`(
        version: TLSVersion, protocols: [String]
    ) async throws {
        let tls = try authority.serverTLS {
            $0.maximum = version
            $0.protocols = protocols
            $0.clientsOf = authority
        }
        for _ in 0..<5 {
            let outcome = try await refusal(by: tls)
            // TLS 1.2 has one alert for this and for other things.
            let expected: Misconfiguration =
                version == .tlsv13 ? .clientCertificateRequired : .handshake(.noSharedParameters)
            #expect(outcome == .misconfigured(expected))
        }
    }

    @Test func `a server that says in HTTP that it wants a client certificate is understood`() async throws {
        let page = "<html><head><title>400 No required SSL certificate was sent</title></head></html>"
        for (fault, isAsked) in [
            (Fault.answer(400, page, headers: "Server: nginx\r\n"), true), (.answer(400, "{}"), false),
            (.answer(200, page), false),
        ] {
            let server = try await FaultServer(fault, tls: authority.serverTLS())
            let answer = try await call(settings(port: server.port))
            #expect((answer.outcome == .misconfigured(.clientCertificateRequired)) == isAsked)
            #expect(server.log.requests.count == 1)
            try await server.close()
        }
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
