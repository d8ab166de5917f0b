import Foundation
import RefreshCore
import Testing
import TightAPI
import TightSandbox

/// Renewals over real TLS, against the sandbox.
@Suite(.timeLimit(.minutes(1))) struct RenewalCallTests {
    private static let now = Timestamp(microsecondsSinceEpoch: Int64(Date.now.timeIntervalSince1970 * 1_000_000))

    /// Lends a sandbox with one user, who has a refresh token, and both clients of it.
    private func running(
        _ protocols: TightClientSettings.Protocols = .automatic,
        timeout: Duration = .seconds(20),
        _ body: (TightSandbox, SandboxUser, TightClient) async throws -> Void
    ) async throws {
        let secret = Secret(Array("\(UInt64.random(in: 0 ... .max)) +&=%é".utf8))
        var configuration = SandboxConfiguration(
            users: try .generate(count: 1, seed: UUID().uuidString, expiresAt: Self.now.advanced(by: .seconds(3_600)))
        )
        configuration.client = SandboxClient(id: "a platform&co", secret: secret)
        let user = try #require(configuration.users.list.first)
        let path = FileManager.default.temporaryDirectory.appending(path: "ca-\(UUID()).pem").path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await TightSandbox.running(configuration) { sandbox in
            try sandbox.writeAuthority(to: path)
            var settings = TightClientSettings(endpoint: try Endpoint(sandbox.baseURL), version: "1.2.3")
            settings.caFile = path
            settings.protocols = protocols
            settings.timeout = timeout
            let credentials = ClientCredentials(id: "a platform&co", secret: secret)
            try await withClient(settings, credentials: credentials, now: Self.now) { client in
                try await body(sandbox, user, client)
            }
        }
    }

    private func pair(_ answer: RenewalAnswer) throws -> TokenPair {
        guard case .renewed(let pair) = answer else {
            throw NotRenewed(answer: answer)
        }
        return pair
    }

    private struct NotRenewed: Error {
        let answer: RenewalAnswer
    }

    @Test(arguments: [(TightClientSettings.Protocols.automatic, "2"), (.http1, "1.1")])
    func `renews by refresh token and in the user's name, over either protocol`(
        protocols: TightClientSettings.Protocols,
        version: String
    ) async throws {
        try await running(protocols) { sandbox, user, client in
            sandbox.tokens.set(lifetime: .seconds(60))
            let first = try pair(await client.renew(.refreshToken(try #require(user.refreshToken))))
            #expect(first.expiresAt == first.issuedAt.advanced(by: .seconds(60)))
            let drift = Self.now.duration(to: first.issuedAt)
            #expect(drift > .seconds(-2) && drift < .seconds(60))
            let outcome = await client.refresh(first.access).outcome
            #expect(outcome == .refreshed)
            let second = try pair(await client.renew(.refreshToken(try #require(first.refresh))))
            let third = try pair(await client.renew(.clientCredentials(user.id)))
            #expect(Set([first, second, third].map(\.access.text)).count == 3)
            let outcomes = [await client.refresh(second.access).outcome, await client.refresh(third.access).outcome]
            #expect(outcomes == [.unauthorized, .refreshed])
            let records = try #require(sandbox.tokens.renewals(of: user.id)?.renewals)
            #expect(records.map(\.httpVersion) == [version, version, version])
            #expect(records.map(\.outcome) == [.renewed, .renewed, .renewed])
        }
    }

    @Test func `a grant that is good no more is refused with Tight's words`() async throws {
        try await running { sandbox, user, client in
            let spent = try #require(user.refreshToken)
            _ = try pair(await client.renew(.refreshToken(spent)))
            let answers = [
                await client.renew(.refreshToken(spent)),
                await client.renew(.clientCredentials(try UserID("Zoë & Söhne %"))),
            ]
            #expect(
                answers == [
                    .refused(reason: "The refresh token is unknown, used, or revoked."),
                    .refused(reason: "There is no such user, or it is barred."),
                ]
            )
        }
    }

    @Test func `a wrong secret is our mistake and costs nobody a token`() async throws {
        try await running { sandbox, user, client in
            sandbox.tokens.set(clientSecret: try randomToken().secret)
            let answer = await client.renew(.refreshToken(try #require(user.refreshToken)))
            #expect(answer == .failed(.misconfigured(.renewalRefused(status: 401))))
            let outcome = await client.refresh(user.token).outcome
            #expect(outcome == .refreshed)
        }
    }

    @Test(arguments: [
        ("throttled:7", Outcome.throttled(retryAfter: .seconds(7))),
        ("status:404", .refused(status: 404)),
        ("status:503", .unavailable(.status(503))), ("status:504", .unknown(.gatewayTimeout)),
        ("forbidden", .refused(status: 403)),
        ("reset", .unknown(.connectionLost)), ("traded:reset", .unknown(.connectionLost)),
        ("close", .unknown(.connectionLost)), ("traded:close", .unknown(.connectionLost)),
        ("html200", .malformed(Malformation(.notJSON, bytes: 77, contentType: "text/html"))),
        ("no-result", .malformed(Malformation(.noResult, bytes: 34, contentType: "application/json"))),
        ("oversized:70000", .malformed(Malformation(.tooLarge, bytes: 70_000, contentType: "application/json"))),
        ("redirect:https://example.com/", .malformed(Malformation(.redirect, bytes: 0, contentType: nil))),
    ])
    func `trouble is told as it is for a refresh`(behaviour: String, outcome: Outcome) async throws {
        for protocols in [TightClientSettings.Protocols.automatic, .http1] {
            try await running(protocols) { sandbox, user, client in
                sandbox.tokens.set(Script(try Behaviour(text: behaviour)), for: user.id)
                let answer = await client.renew(.refreshToken(try #require(user.refreshToken)))
                #expect(answer == .failed(outcome))
                #expect(sandbox.tokens.renewals(of: user.id)?.count == 1)
            }
        }
    }

    @Test func `an answer that is cut off after the trade gives no token`() async throws {
        try await running { sandbox, user, client in
            sandbox.tokens.set(Script(.truncated), for: user.id)
            guard case .failed(.malformed(let what)) = await client.renew(.clientCredentials(user.id)) else {
                Issue.record("it was understood")
                return
            }
            #expect(what.reason == .truncated)
            #expect(sandbox.tokens.renewals(of: user.id)?.renewed == 1)
        }
    }

    @Test func `an answer that does not come in time leaves open whether the tokens were traded`() async throws {
        try await running(timeout: .milliseconds(300)) { sandbox, user, client in
            sandbox.tokens.set(Script(.traded(then: .hang)), for: user.id)
            let answer = await client.renew(.clientCredentials(user.id))
            #expect(answer == .failed(.unknown(.timeout)))
        }
    }

    @Test func `a renewal that is cancelled under way may have been made`() async throws {
        try await running { sandbox, user, client in
            sandbox.tokens.set(Script(.hang), for: user.id)
            let renewal = Task { await client.renew(.clientCredentials(user.id)) }
            try await sandbox.tokens.waitForBegun(1)
            renewal.cancel()
            let answer = await renewal.value
            #expect(answer == .failed(.unknown(.givenUp)))
        }
    }

    @Test func `sends exactly the form that Tight documents`() async throws {
        let server = try await FaultServer(.answer(200, #"{"access_token":"new"}"#))
        let token = try randomToken()
        let credentials = ClientCredentials(id: "a b", secret: Secret(Array("s&".utf8)))
        try await withClient(localSettings(port: server.port), credentials: credentials) { client in
            let answer = await client.renew(.refreshToken(token))
            let access = try AccessToken(Array("new".utf8))
            #expect(
                answer == .renewed(TokenPair(access: access, refresh: nil, issuedAt: .epoch, expiresAt: nil))
            )
        }
        let request = try #require(server.log.requests.first)
        let form = "client_id=a+b&client_secret=s%26&grant_type=refresh_token&refresh_token=\(token.text)"
        #expect(request.hasPrefix("POST /rest/v5/auth/token HTTP/1.1\r\n"))
        #expect(request.lowercased().contains("\r\ncontent-type: application/x-www-form-urlencoded\r\n"))
        #expect(request.lowercased().contains("\r\ncontent-length: \(form.utf8.count)\r\n"))
        #expect(!request.lowercased().contains("authorization"))
        try await server.close()
    }
}

extension AccessToken {
    fileprivate var text: String { secret.withBytes { String(decoding: $0, as: UTF8.self) } }
}
