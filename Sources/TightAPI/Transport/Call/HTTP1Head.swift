import NIOCore
import NIOHTTP1
import RefreshCore

/// The head of all calls of one kind over HTTP/1.1, encoded once; each call adds its token and the size of its body.
struct HTTP1Head: Sendable {
    /// Carries the method, which determines how an answer is read; it has no fields.
    let outline: HTTPRequestHead
    private let beforeToken: [UInt8]
    private let afterToken: [UInt8]

    init(_ method: String, _ path: String, fields: [(name: String, value: String)], authority: String) {
        outline = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: path)
        let lines = ["\(method) \(path) HTTP/1.1"] + fields.map { "\($0.name): \($0.value)" }
        beforeToken = lines.flatMap { Array($0.utf8) + Self.lineEnd }
        afterToken = Array("host: \(authority)\r\nContent-Length: ".utf8)
    }

    private static let lineEnd = Array("\r\n".utf8)
    private static let authorization: StaticString = "Authorization: Bearer "
    /// At least the digits of any number and two line ends.
    private static let longestEnd = 24

    /// The request with its body, as it is sent.
    func request(bearer: AccessToken?, body: Secret) -> ByteBuffer {
        let token = bearer.map { Self.authorization.utf8CodeUnitCount + $0.secret.count + Self.lineEnd.count } ?? 0
        let room = beforeToken.count + token + afterToken.count + Self.longestEnd + body.count
        var request = ByteBufferAllocator().buffer(capacity: room)
        request.writeBytes(beforeToken)
        if let bearer {
            request.writeStaticString(Self.authorization)
            _ = bearer.secret.withBytes { request.writeBytes($0) }
            request.writeStaticString("\r\n")
        }
        request.writeBytes(afterToken)
        request.writeString(String(body.count))
        request.writeStaticString("\r\n\r\n")
        _ = body.withBytes { request.writeBytes($0) }
        return request
    }
}
