import CNghttp2
import NIOCore
import NIOHTTP1
import RefreshCore

/// One call, ready to be handed to the event loop.
struct PreparedCall: Sendable {
    /// Which call it is, to cancel it by; no two of one client are the same.
    let id: UInt64
    private let head: RequestHead
    private let bearer: AccessToken?
    private let body: Secret
    /// From its arrival at the event loop to the last byte of the answer.
    let timeout: TimeAmount
    /// When its first byte has to be written, on `BootClock`; nil for any time.
    let beginBy: Duration?
    /// Resumed once, by `OpenCall`; unchecked, since the check would cost more than the rest of the hand-over.
    let caller: UnsafeContinuation<TransportResult, Never>

    init(
        id: UInt64,
        head: RequestHead,
        bearer: AccessToken?,
        body: Secret,
        timeout: TimeAmount,
        beginBy: Duration?,
        caller: UnsafeContinuation<TransportResult, Never>
    ) {
        self.id = id
        self.head = head
        self.bearer = bearer
        self.body = body
        self.timeout = timeout
        self.beginBy = beginBy
        self.caller = caller
    }

    var hasBody: Bool { body.count > 0 }

    /// The head without its fields, by which an answer over HTTP/1.1 is read.
    var http1Outline: HTTPRequestHead { head.http1.outline }

    /// The whole request over HTTP/1.1, as it is sent.
    func makeHTTP1Request() -> ByteBuffer { head.http1.request(bearer: bearer, body: body) }

    /// Lends the head as nghttp2 takes it; no pointer in it may outlive the call.
    func withHTTP2Head<Result>(_ send: (UnsafeBufferPointer<nghttp2_nv>) -> Result) -> Result {
        guard let bearer else { return head.http2.withFields(bearer: nil, bodySize: body.count, send) }
        return bearer.secret.withBytes { head.http2.withFields(bearer: $0, bodySize: body.count, send) }
    }

    /// Lends the body; the pointer must not outlive the call.
    func withBody<Result>(_ read: (UnsafeBufferPointer<UInt8>) -> Result) -> Result { body.withBytes(read) }
}

/// The common part of all calls of one kind, encoded once for both versions of HTTP.
///
/// A class, since every call hands it on several times.
final class RequestHead: Sendable {
    let http1: HTTP1Head
    let http2: HTTP2Head

    init(_ call: HTTPCall, to endpoint: Endpoint, userAgent: String) {
        let path = endpoint.pathPrefix + call.path
        let authority = endpoint.authority
        http1 = HTTP1Head(
            call.method,
            path,
            fields: [
                ("Accept", call.accept), ("Accept-Encoding", "identity"), ("User-Agent", userAgent),
                // Some servers keep the connection unasked, and say for how long only to who asks.
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
    /// The limits of the answer.
    var accept = "application/json"
    /// Further fields; names in lower case.
    ///
    /// `host`, `user-agent` and `content-length` are the transport's.
    var headers: [(name: String, value: String)] = []
    /// Sent as `Authorization: Bearer`.
    var bearer: AccessToken?
    /// Some kilobytes at most; empty where there is none.
    ///
    /// Its type is `content-type` in the headers.
    var body = Secret([])
}

extension HTTPAnswer {
    /// Whether more was announced or has come than is read.
    var isTooLarge: Bool { bodyEnd == .tooLarge }

    /// Keeps the field if an outcome can depend on it; of a field that is there twice the first counts.
    mutating func note(_ name: String, _ value: String) {
        note(name.utf8, value)
    }

    /// As above; `name` is the bytes of a name.
    mutating func note(_ name: some Collection<UInt8>, _ value: @autoclosure () -> String) {
        // The length tells nearly all other fields apart, at no cost.
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

    /// As above, of memory that is copied.
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
    /// Whether this is `name`, which is ASCII in lower case, in whatever case.
    fileprivate func matches(_ name: StaticString) -> Bool {
        name.withUTF8Buffer { name in
            // Letters differ from their other case in this bit alone; a hyphen has it set.
            elementsEqual(name) { $0 | 0x20 == $1 }
        }
    }
}
