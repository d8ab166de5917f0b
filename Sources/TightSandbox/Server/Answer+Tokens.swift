import NIOHTTP1
import RefreshCore

extension Answer {
    private struct PairBody: Encodable {
        enum CodingKeys: String, CodingKey {
            case accessToken = "access_token"
            case refreshToken = "refresh_token"
            case expiresIn = "expires_in"
            case createdAt = "created_at"
            case scope
        }

        let accessToken: String
        let refreshToken: String
        let expiresIn: Double
        let createdAt: Int64
        let scope = "public"
    }

    /// Source: RFC 6749 section 5.1, which forbids that anybody keeps such an answer.
    private static let neverKept = [("Cache-Control", "no-store"), ("Pragma", "no-cache")]

    /// A new pair in the vendor's words.
    static func pair(_ pair: IssuedPair) -> Answer {
        let body = PairBody(
            accessToken: pair.access.secret.withBytes { String(decoding: $0, as: UTF8.self) },
            refreshToken: pair.refresh.secret.withBytes { String(decoding: $0, as: UTF8.self) },
            expiresIn: pair.lifetime / .seconds(1),
            createdAt: pair.issuedAt.microsecondsSinceEpoch / 1_000_000
        )
        return .json(.ok, body, neverKept)
    }

    /// Source: RFC 6749 section 5.2.
    static func refusal(_ refusal: TokenRefusal) -> Answer {
        .json(
            HTTPResponseStatus(statusCode: refusal.status),
            ["error": refusal.outcome.rawValue, "error_description": refusal.description],
            neverKept
        )
    }
}
