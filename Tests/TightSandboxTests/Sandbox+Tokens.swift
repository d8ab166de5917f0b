import Foundation
import RefreshCore
import TightSandbox

/// A client whose secret no other run has.
func randomClient() -> SandboxClient {
    SandboxClient(id: "platform", secret: Secret(Array("\(UInt64.random(in: 0 ... .max)) +&=%é".utf8)))
}

extension SandboxConfiguration {
    /// A plain sandbox whose users have refresh tokens, and tokens that end in an hour.
    static func renewable(users: Int = 1, expiresAt: Timestamp? = nil) throws -> SandboxConfiguration {
        let end = expiresAt ?? Timestamp.atPresent.advanced(by: .seconds(3_600))
        var configuration = SandboxConfiguration(
            users: try .generate(count: users, seed: "\(UInt64.random(in: 0 ... .max))", expiresAt: end)
        )
        configuration.isPlain = true
        configuration.client = randomClient()
        return configuration
    }
}

extension AccessToken {
    var text: String { secret.withBytes { String(decoding: $0, as: UTF8.self) } }
}

extension RawExchange {
    /// The fields of the JSON that came; empty when none did.
    var fields: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any] ?? [:]
    }

    var status: Int { statusLine.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0 }

    /// The status and RFC 6749's error code.
    var refusal: String { "\(status) \(fields["error"] as? String ?? "")" }

    func user(_ id: UserID) throws -> SandboxUser {
        SandboxUser(
            id: id,
            token: try AccessToken(Array((fields["access_token"] as? String ?? "").utf8)),
            refreshToken: try AccessToken(Array((fields["refresh_token"] as? String ?? "").utf8))
        )
    }
}

extension TightSandbox {
    /// One request for tokens on a connection of its own; `fields` are encoded one by one.
    func ask(_ fields: KeyValuePairs<String, String>, as client: SandboxClient?) async throws -> RawExchange {
        var form = fields.map { "\($0)=\(Self.encoded(Array($1.utf8)))" }
        if let client {
            form.append("client_id=\(client.id)")
            form.append("client_secret=" + client.secret.withBytes { Self.encoded(Array($0)) })
        }
        return try await call(
            nil,
            path: "/rest/v5/auth/token",
            headers: ["Connection: close", "Content-Type: application/x-www-form-urlencoded; charset=utf-8"],
            body: form.joined(separator: "&")
        )
    }

    func renew(_ user: SandboxUser, as client: SandboxClient?) async throws -> RawExchange {
        try await ask(["grant_type": "refresh_token", "refresh_token": user.refreshToken?.text ?? ""], as: client)
    }

    func renew(inTheNameOf user: UserID, as client: SandboxClient?) async throws -> RawExchange {
        try await ask(["grant_type": "client_credentials", "userId": user.rawValue], as: client)
    }

    private static func encoded(_ bytes: [UInt8]) -> String {
        bytes.map { "%" + String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
