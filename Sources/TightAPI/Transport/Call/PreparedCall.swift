import CNghttp2
import NIOCore
import RefreshCore

/// One call, ready to be handed to the event loop.
struct PreparedCall: Sendable {
    /// Identifies the call for cancellation; unique within a client.
    let id: UInt64
    let head: RequestHead
    let bearer: AccessToken?
    let body: Secret
    /// From its arrival at the event loop to the last byte of the answer.
    let timeout: TimeAmount
    /// When its first byte must be written, on `BootClock`; nil for no limit.
    let beginBy: Duration?
    /// Resumed once, by `OpenCall`; unchecked, since the check would cost more than the rest of the handover.
    let caller: UnsafeContinuation<TransportResult, Never>

    /// The whole request over HTTP/1.1, as it is sent.
    func makeHTTP1Request() -> ByteBuffer { head.http1.request(bearer: bearer, body: body) }

    /// Lends the head in nghttp2's form; no pointer in it may outlive `send`.
    func withHTTP2Head<Result>(_ send: (UnsafeBufferPointer<nghttp2_nv>) -> Result) -> Result {
        guard let bearer else { return head.http2.withFields(bearer: nil, bodySize: body.count, send) }
        return bearer.secret.withBytes { head.http2.withFields(bearer: $0, bodySize: body.count, send) }
    }
}

/// It is a class because every call passes it on several times.
final class RequestHead: Sendable {
    let http1: HTTP1Head
    let http2: HTTP2Head

    init(_ call: HTTPCall, to endpoint: Endpoint, userAgent: String) {
        let path = endpoint.pathPrefix + call.path
        let host = endpoint.bracketedHost
        let authority = endpoint.port == endpoint.scheme.defaultPort ? host : "\(host):\(endpoint.port)"
        http1 = HTTP1Head(
            call.method,
            path,
            fields: [
                ("Accept", call.accept), ("Accept-Encoding", "identity"), ("User-Agent", userAgent),
                // Some servers keep connections in any case, but announce for how long only if this field is present.
                ("Connection", "keep-alive"),
            ] + call.headers,
            authority: authority
        )
        http2 = HTTP2Head(
            [
                (":method", call.method), (":scheme", endpoint.scheme.rawValue), (":authority", authority),
                (":path", path), ("accept", call.accept), ("accept-encoding", "identity"), ("user-agent", userAgent),
            ],
            secret: call.headers
        )
    }
}

/// One request to the host that a client is configured for.
struct HTTPCall: Sendable {
    var method = "POST"
    /// Below the base URL; begins with a slash.
    let path: String
    /// The value of `Accept`.
    var accept = "application/json"
    /// Further fields; names in lower case.
    ///
    /// The transport adds `host`, `user-agent` and `content-length`.
    var headers: [(name: String, value: String)] = []
    /// Sent as `Authorization: Bearer`.
    var bearer: AccessToken?
    /// A few kilobytes at most; empty if there is none.
    ///
    /// Its type is `content-type` in `headers`.
    var body = Secret([])
}

extension HTTPAnswer {
    /// Whether the announced or received body exceeds the limit.
    var isTooLarge: Bool { bodyEnd == .tooLarge }

    /// Keeps the field if an outcome can depend on it; of duplicate fields, the first one counts.
    ///
    /// `Retry-After` and `Content-Encoding` keep all values.
    mutating func note(_ name: String, _ value: String) {
        note(name.utf8, value)
    }

    /// As above; `name` contains the bytes of the name.
    mutating func note(_ name: some Collection<UInt8>, _ value: @autoclosure () -> String) {
        // The length excludes nearly all other fields at no cost.
        switch name.count {
        case 4 where date == nil && name.matches("date"): date = value()
        case 11 where name.matches("retry-after"): retryAfter.append(value())
        case 12 where contentType == nil && name.matches("content-type"): contentType = value()
        case 14 where size == 0 && name.matches("content-length"):
            size = max(0, Int(value()) ?? 0)
            if size > Self.longestBody { bodyEnd = .tooLarge }
        case 16 where name.matches("content-encoding"):
            let value = value()
            contentCoding = contentCoding.map { "\($0), \(value)" } ?? value
        default: break
        }
    }

    /// Appends to the body up to the limit; beyond it, the whole body is dropped.
    mutating func append(_ part: ByteBuffer) {
        guard hasRoom(for: part.readableBytes) else { return }
        if body.readableBytes == 0 {
            body = part
        } else {
            body.writeImmutableBuffer(part)
        }
    }

    /// As above, for memory that is copied.
    mutating func append(_ part: UnsafeRawBufferPointer) {
        guard hasRoom(for: part.count) else { return }
        body.writeBytes(part)
    }

    private mutating func hasRoom(for count: Int) -> Bool {
        let total = body.readableBytes + count
        size = max(size, total)
        guard total <= Self.longestBody, !isTooLarge else {
            bodyEnd = .tooLarge
            body = ByteBuffer()
            return false
        }
        return true
    }
}

extension Collection<UInt8> {
    /// Whether this equals `name`, which is lower-case ASCII, ignoring case.
    fileprivate func matches(_ name: StaticString) -> Bool {
        name.withUTF8Buffer { name in
            // Upper-case and lower-case letters differ in this bit alone; a hyphen has it set.
            elementsEqual(name) { $0 | 0x20 == $1 }
        }
    }
}
