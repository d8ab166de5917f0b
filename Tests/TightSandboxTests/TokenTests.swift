import Foundation
import RefreshCore
import Testing
import TightSandbox

@Suite(.timeLimit(.minutes(1)))
struct TokenTests {
    /// A sandbox with one user, and that user.
    private func running(
        _ change: (inout SandboxConfiguration) -> Void = { _ in },
        _ body: (TightSandbox, SandboxUser, SandboxClient?) async throws -> Void
    ) async throws {
        var configuration = try SandboxConfiguration.renewable()
        change(&configuration)
        let (user, client) = (try #require(configuration.users.list.first), configuration.client)
        try await TightSandbox.running(configuration) { try await body($0, user, client) }
    }

    private func status(_ sandbox: TightSandbox, _ user: SandboxUser) async throws -> Int {
        try await sandbox.call(user).status
    }

    // MARK: Renewal

    @Test func `a refresh token gets a pair in the vendor's shape, and works once`() async throws {
        try await running {
            $0.tokenLifetime = .seconds(90)
        } _: { sandbox, user, client in
            let before = Date.now.timeIntervalSince1970
            let answer = try await sandbox.renew(user, as: client)
            #expect(answer.statusLine == "HTTP/1.1 200 OK")
            #expect(answer.head.contains("\r\nCache-Control: no-store"))
            #expect(
                Set(answer.fields.keys) == ["access_token", "refresh_token", "expires_in", "created_at", "scope"]
            )
            #expect(answer.body.contains(#""expires_in":90,"#))
            let created = try #require(answer.fields["created_at"] as? Int)
            #expect((before - 1...before + 60).contains(Double(created)))
            let new = try answer.user(user.id)
            for token in [new.token, new.refreshToken] {
                #expect(token?.text.wholeMatch(of: /[0-9a-f]{64}\.[0-9a-f]{32}/) != nil)
            }
            #expect(try await status(sandbox, user) == 401)
            #expect(try await status(sandbox, new) == 200)
            #expect(try await sandbox.renew(user, as: client).refusal == "400 invalid_grant")
            #expect(try await sandbox.renew(new, as: client).status == 200)
            #expect(sandbox.calls(ofUser: user.id)?.count == 1)
        }
    }

    @Test func `the client gets a pair in a user's name, which ends the old one`() async throws {
        try await running { sandbox, user, client in
            let answer = try await sandbox.renew(inTheNameOf: user.id, as: client)
            #expect(answer.status == 200)
            #expect(answer.body.contains(#""expires_in":7776000,"#))
            #expect(try await status(sandbox, user) == 401)
            #expect(try await status(sandbox, try answer.user(user.id)) == 200)
            #expect(try await sandbox.renew(user, as: client).refusal == "400 invalid_grant")
        }
    }

    @Test func `rotation on use lets the old access token live until the new one is used`() async throws {
        try await running {
            $0.rotation = .onUse
        } _: { sandbox, user, client in
            let first = try await sandbox.renew(user, as: client).user(user.id)
            #expect(try await sandbox.renew(user, as: client).refusal == "400 invalid_grant")
            #expect(try await status(sandbox, user) == 200)
            let second = try await sandbox.renew(first, as: client).user(user.id)
            #expect(try await status(sandbox, first) == 200)
            #expect(try await status(sandbox, user) == 200)
            #expect(try await status(sandbox, second) == 200)
            #expect(try await status(sandbox, first) == 401)
            #expect(try await status(sandbox, user) == 401)
            #expect(try await status(sandbox, second) == 200)
        }
    }

    @Test func `of many who come with one refresh token, one gets a pair`() async throws {
        try await running { sandbox, user, client in
            let answers = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<20 { group.addTask { try await sandbox.renew(user, as: client).refusal } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.filter { $0 == "200 " }.count == 1)
            #expect(answers.filter { $0 == "400 invalid_grant" }.count == 19)
            #expect(sandbox.tokens.renewals(of: user.id)?.renewed == 1)
            #expect(sandbox.tokens.snapshot().outcomes == ["renewed": 1, "invalid_grant": 19])
        }
    }

    // MARK: Expiry and revocation

    @Test func `a token whose time is over is refused and counted`() async throws {
        let configuration = try SandboxConfiguration.renewable(expiresAt: .epoch)
        let user = try #require(configuration.users.list.first)
        try await TightSandbox.running(configuration) { sandbox in
            let answer = try await sandbox.call(user)
            #expect(answer.statusLine == "HTTP/1.1 401 Unauthorized")
            #expect(answer.body == #"{"error":"Session token is invalid or has expired."}"#)
            #expect(sandbox.calls.expiredTokens == 1)
            #expect(sandbox.calls.unknownTokens == 0)
            let new = try await sandbox.renew(user, as: configuration.client).user(user.id)
            #expect(try await status(sandbox, new) == 200)
            sandbox.tokens.set(lifetime: .microseconds(1))
            let brief = try await sandbox.renew(new, as: configuration.client).user(user.id)
            #expect(try await status(sandbox, brief) == 401)
            #expect(sandbox.calls.expiredTokens == 2)
        }
    }

    @Test(arguments: [
        (TokenRevocation.access, 401, "200 ", "200 "), (.refresh, 200, "400 invalid_grant", "200 "),
        (.tokens, 401, "400 invalid_grant", "200 "), (.all, 401, "400 invalid_grant", "400 invalid_grant"),
    ])
    func `what is revoked is good no more, and nothing else`(
        what: TokenRevocation,
        call: Int,
        renewal: String,
        inTheirName: String
    ) async throws {
        try await running { sandbox, user, client in
            #expect(sandbox.tokens.revoke(what, of: user.id))
            #expect(try await status(sandbox, user) == call)
            #expect(try await sandbox.renew(user, as: client).refusal == renewal)
            #expect(try await sandbox.renew(inTheNameOf: user.id, as: client).refusal == inTheirName)
            let pair = try #require(sandbox.tokens.issue(to: user.id))
            let anew = SandboxUser(id: user.id, token: pair.access, refreshToken: pair.refresh)
            #expect(try await status(sandbox, anew) == 200)
            #expect(try await sandbox.renew(anew, as: client).status == 200)
        }
        try await running { sandbox, _, _ in
            let nobody = try UserID("nobody")
            #expect(!sandbox.tokens.revoke(what, of: nobody))
            #expect(sandbox.tokens.issue(to: nobody) == nil)
        }
    }

    // MARK: Refusals

    @Test(
        arguments: [
            (["grant_type": "client_credentials", "userId": "nobody"], "400 invalid_grant"),
            (["grant_type": "client_credentials", "userId": "a\u{1}"], "400 invalid_grant"),
            (["grant_type": "refresh_token", "refresh_token": "0000"], "400 invalid_grant"),
            (["grant_type": "refresh_token", "refresh_token": "ä"], "400 invalid_grant"),
            (["grant_type": "refresh_token"], "400 invalid_request"),
            (["grant_type": "refresh_token", "refresh_token": ""], "400 invalid_request"),
            (["grant_type": "client_credentials"], "400 invalid_request"), ([:], "400 invalid_request"),
            (["grant_type": "password"], "400 unsupported_grant_type"),
            (["grant_type": "password", "grant_type": "refresh_token"], "401 invalid_client"),
        ] as [(KeyValuePairs<String, String>, String)])
    func `what is no grant is refused in the words of the standard`(
        fields: KeyValuePairs<String, String>,
        refusal: String
    ) async throws {
        try await running { sandbox, user, client in
            let answer = try await sandbox.ask(fields, as: client)
            #expect(answer.refusal == refusal)
            let call = try await status(sandbox, user)
            #expect(call == 200)
            #expect(sandbox.tokens.snapshot().unattributed.count == 1)
            #expect(sandbox.tokens.snapshot().users.isEmpty)
        }
    }

    @Test func `only the client with the right secret gets anything`() async throws {
        try await running { sandbox, user, client in
            let client = try #require(client)
            let other = SandboxClient(id: client.id, secret: Secret(Array("other".utf8)))
            for wrong in [nil, SandboxClient(id: "other", secret: client.secret), other] {
                #expect(try await sandbox.renew(user, as: wrong).refusal == "401 invalid_client")
            }
            #expect(
                sandbox.tokens.renewals(of: user.id)?.renewals.map(\.outcome) == [
                    .invalidClient, .invalidClient, .invalidClient,
                ])
            sandbox.tokens.set(clientSecret: other.secret)
            #expect(try await sandbox.renew(user, as: client).refusal == "401 invalid_client")
            #expect(try await sandbox.renew(user, as: other).status == 200)
        }
        try await running {
            $0.client = nil
        } _: { sandbox, user, _ in
            let answer = try await sandbox.renew(user, as: randomClient())
            #expect(answer.refusal == "401 invalid_client")
        }
    }

    @Test(arguments: [
        ("GET", ["Content-Type: application/x-www-form-urlencoded"], "", 405),
        ("POST", [], "a=b", 415), ("POST", ["Content-Type: application/json"], "{}", 415),
        ("POST", ["Content-Type: application/x-www-form-urlencoded"], "a=%zz", 401),
        (
            "POST", ["Content-Type: application/x-www-form-urlencoded"],
            "a=" + String(repeating: "b", count: 70_000), 413
        ),
    ])
    func `what is no form is refused`(method: String, headers: [String], body: String, status: Int) async throws {
        try await running { sandbox, _, _ in
            let answer = try await sandbox.call(
                nil,
                method: method,
                path: "/rest/v5/auth/token",
                headers: headers + ["Connection: close"],
                body: body
            )
            #expect(answer.status == status)
        }
    }
}
