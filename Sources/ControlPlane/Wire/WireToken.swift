import RefreshCore

/// A token on its way to the daemon: text in JSON, `‹redacted›` wherever it is printed.
struct WireToken: Codable, Equatable, CustomStringConvertible, CustomReflectable {
    let token: AccessToken

    init(_ token: AccessToken) {
        self.token = token
    }

    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        do throws(AccessTokenProblem) {
            token = try AccessToken(text.utf8)
        } catch {
            throw FieldProblem(decoder.codingPath, error.description)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try token.secret.withBytes { try container.encode(String(decoding: $0, as: UTF8.self)) }
    }

    var description: String { token.description }
    var customMirror: Mirror { Mirror(self, children: []) }
}
