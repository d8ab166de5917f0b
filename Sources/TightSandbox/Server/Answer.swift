import FoundationEssentials
import NIOHTTP1
import RefreshCore

/// The response to one call.
struct Answer {
    let status: HTTPResponseStatus
    private(set) var headers: HTTPHeaders
    /// The parts of the body, sent in this order; `filler` is a number of bytes, so a huge answer needs no memory.
    private(set) var opening: [UInt8]
    private(set) var filler = 0
    private(set) var closing: [UInt8] = []
    /// Whether the connection is cut before the promised length is reached.
    private(set) var endsEarly = false

    init(
        _ status: HTTPResponseStatus,
        body: [UInt8] = [],
        type: String? = nil,
        _ extra: [(String, String)] = []
    ) {
        self.status = status
        opening = body
        headers = HTTPHeaders(extra)
        if let type { headers.add(name: "Content-Type", value: type) }
        headers.add(name: "Content-Length", value: String(body.count))
    }

    static func json(_ status: HTTPResponseStatus, _ value: some Encodable, _ extra: [(String, String)] = [])
        -> Answer
    {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Only numbers, strings and maps of them, all of which JSON can represent.
        let body = (try? encoder.encode(value)).map { Array($0) } ?? []
        return Answer(status, body: body, type: "application/json;charset=utf-8", extra)
    }

    static func error(_ status: HTTPResponseStatus, _ text: String, _ extra: [(String, String)] = [])
        -> Answer
    {
        json(status, ["error": text], extra)
    }

    static func page(_ status: HTTPResponseStatus) -> Answer {
        let page =
            "<!DOCTYPE html>\n<html><head><title>\(status.code)</title></head><body>\(status.code)</body></html>\n"
        return Answer(status, body: Array(page.utf8), type: "text/html;charset=utf-8")
    }

    static let invalidToken = Answer.error(.unauthorized, "Session token is invalid or has expired.")

    /// A SUCCESS of exactly `bytes` bytes.
    static func oversized(_ bytes: Int) -> Answer {
        var answer = Answer(
            .ok,
            body: Array(#"{"result":"SUCCESS","id":""#.utf8),
            type: "application/json;charset=utf-8"
        )
        answer.closing = Array("\"}".utf8)
        answer.filler = max(0, bytes - answer.opening.count - answer.closing.count)
        answer.headers.replaceOrAdd(
            name: "Content-Length",
            value: String(answer.opening.count + answer.filler + answer.closing.count)
        )
        return answer
    }

    /// The same answer, of which only the first half is sent.
    func truncated() -> Answer {
        var answer = self
        answer.opening.removeLast(opening.count / 2)
        answer.endsEarly = true
        return answer
    }

    /// The same answer without a body, as HEAD requires.
    func withoutBody() -> Answer {
        var answer = self
        (answer.opening, answer.filler, answer.closing) = ([], 0, [])
        return answer
    }

    /// The same answer, which announces that the connection closes after it.
    func closing(_ closes: Bool) -> Answer {
        guard closes else { return self }
        var answer = self
        answer.headers.replaceOrAdd(name: "Connection", value: "close")
        return answer
    }
}

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

    /// Forbids caching, as RFC 6749 section 5.1 requires.
    private static let neverKept = [("Cache-Control", "no-store"), ("Pragma", "no-cache")]

    /// A new pair in the vendor's format.
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
