import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import RefreshCore
import Testing
import TightSandbox

@Suite(.timeLimit(.minutes(1)))
struct TLSTests {
    @Test(arguments: [("localhost", true, "2"), ("127.0.0.1", true, "2"), ("localhost", false, "1.1")])
    func `a caller that trusts the authority is served`(host: String, http2: Bool, version: String)
        async throws
    {
        var configuration = try SandboxConfiguration.tls()
        configuration.offersHTTP2 = http2
        let user = try #require(configuration.users.list.first)
        try await TightSandbox.running(configuration) { sandbox in
            let pem = try #require(sandbox.authorityPEM)
            let (status, body) = try await post(host: host, sandbox: sandbox, user: user, authority: pem)
            #expect(status == 200)
            #expect(body.contains(#""result":"SUCCESS""#))
            #expect(sandbox.calls(ofUser: user.id)?.calls.first?.httpVersion == version)
        }
    }

    @Test func `a caller that trusts another authority is not`() async throws {
        let configuration = try SandboxConfiguration.tls()
        let user = try #require(configuration.users.list.first)
        try await TightSandbox.running(configuration) { sandbox in
            try await TightSandbox.running(configuration) { other in
                let pem = try #require(other.authorityPEM)
                await #expect(throws: (any Error).self) {
                    _ = try await post(host: "localhost", sandbox: sandbox, user: user, authority: pem)
                }
                #expect(sandbox.calls.total == 0)
            }
        }
    }

    @Test(arguments: [Behaviour.reset, .closeWithoutAnswer, .truncated])
    func `on HTTP/2 a broken answer leaves the other streams alone`(behaviour: Behaviour) async throws {
        let configuration = try SandboxConfiguration.tls(users: 2)
        let (broken, slow) = (configuration.users.list[0], configuration.users.list[1])
        try await TightSandbox.running(configuration) { sandbox in
            sandbox.set(behaviour: behaviour, forUser: broken.id)
            sandbox.set(behaviour: .slow(.milliseconds(300)), forUser: slow.id)
            let pem = try #require(sandbox.authorityPEM)
            try await withClient(authority: pem) { client in
                async let patient = Self.post(client, host: "localhost", sandbox: sandbox, user: slow)
                try await sandbox.waitForCalls(atLeast: 1, fromUser: slow.id)
                await #expect(throws: (any Error).self) {
                    _ = try await Self.post(client, host: "localhost", sandbox: sandbox, user: broken)
                }
                let (status, _) = try await patient
                #expect(status == 200)
            }
            #expect(sandbox.calls(ofUser: broken.id)?.calls.last?.ending == .cutOff)
        }
    }

    @Test func `a thousand slow calls are in flight at a time`() async throws {
        var configuration = try SandboxConfiguration.tls(users: 1_000)
        // The client keeps to one HTTP/2 connection.
        configuration.maxConcurrentStreams = 1_000
        let users = configuration.users.list
        try await TightSandbox.running(configuration) { sandbox in
            sandbox.set(behaviourForAll: .hang)
            let pem = try #require(sandbox.authorityPEM)
            try await withClient(authority: pem) { client in
                try await withThrowingTaskGroup { group in
                    for user in users {
                        group.addTask {
                            _ = try await Self.post(client, host: "localhost", sandbox: sandbox, user: user)
                        }
                    }
                    try await sandbox.waitForCalls(atLeast: 1_000)
                    #expect(sandbox.totals.inFlight == 1_000)
                    group.cancelAll()
                    while await group.nextResult() != nil {}
                }
                try await sandbox.waitForEndedCalls(atLeast: 1_000)
                #expect(sandbox.totals.inFlight == 0)
            }
            #expect(sandbox.calls.users.values.allSatisfy { $0.maxConcurrent == 1 && $0.count == 1 })
        }
    }

    private func post(
        host: String,
        sandbox: TightSandbox,
        user: SandboxUser,
        authority: String
    ) async throws -> (Int, String) {
        try await withClient(authority: authority) {
            try await Self.post($0, host: host, sandbox: sandbox, user: user)
        }
    }

    private func withClient<Result>(
        authority: String,
        _ body: (HTTPClient) async throws -> Result
    ) async throws -> Result {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authority.utf8)))
        configuration.tlsConfiguration = tls
        let client = HTTPClient(configuration: configuration)
        do {
            let result = try await body(client)
            try await client.shutdown()
            return result
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    private static func post(
        _ client: HTTPClient,
        host: String,
        sandbox: TightSandbox,
        user: SandboxUser
    ) async throws -> (Int, String) {
        var request = HTTPClientRequest(url: "https://\(host):\(sandbox.port)/rest/v5/banks/refresh")
        request.method = .POST
        request.headers.add(name: "Authorization", value: "Bearer \(user.tokenText)")
        let answer = try await client.execute(request, timeout: .seconds(50))
        let body = try await answer.body.collect(upTo: 65_536)
        return (Int(answer.status.code), String(buffer: body))
    }
}
