import RefreshCore
import TightSandbox

extension SandboxConfiguration {
    /// A plain sandbox with a few users whose tokens nobody has seen before.
    static func plain(users: Int = 1) throws -> SandboxConfiguration {
        var configuration = try tls(users: users)
        configuration.isPlain = true
        return configuration
    }

    static func tls(users: Int = 1) throws -> SandboxConfiguration {
        SandboxConfiguration(users: try .generate(count: users, seed: "\(UInt64.random(in: 0 ... .max))"))
    }
}

extension SandboxUser {
    var tokenText: String {
        token.secret.withBytes { String(decoding: $0, as: UTF8.self) }
    }
}

extension TightSandbox {
    /// One call on a connection of its own, byte for byte.
    func call(
        _ user: SandboxUser?,
        method: String = "POST",
        path: String = "/rest/v5/banks/refresh",
        headers: [String] = ["Connection: close"],
        body: String = "",
        enough: Int = .max
    ) async throws -> RawExchange {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: localhost"] + headers
        if let user { lines.append("Authorization: Bearer \(user.tokenText)") }
        if !body.isEmpty { lines.append("Content-Length: \(body.utf8.count)") }
        return try await RawExchange(
            lines.joined(separator: "\r\n") + "\r\n\r\n" + body,
            port: port,
            enough: enough
        )
    }
}
