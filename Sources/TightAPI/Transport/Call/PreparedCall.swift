import NIOCore
import NIOHPACK
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
    /// Resumed once, by `OpenCall`; unchecked, since the check would cost more than the rest of the hand-over.
    let caller: UnsafeContinuation<TransportResult, Never>

    init(
        id: UInt64,
        head: RequestHead,
        bearer: AccessToken?,
        body: Secret,
        timeout: TimeAmount,
        caller: UnsafeContinuation<TransportResult, Never>
    ) {
        self.id = id
        self.head = head
        self.bearer = bearer
        self.body = body
        self.timeout = timeout
        self.caller = caller
    }

    var hasBody: Bool { body.count > 0 }

    func makeHTTP1Head() -> HTTPRequestHead { head.http1(bearer: authorization, bodySize: body.count) }

    func makeHTTP2Head() -> HPACKHeaders { head.http2(bearer: authorization, bodySize: body.count) }

    func makeBody() -> ByteBuffer { body.withBytes { ByteBuffer(bytes: $0) } }

    /// The value of `Authorization`; exists only while it is sent.
    private var authorization: String? {
        bearer?.secret.withBytes { token in
            String(unsafeUninitializedCapacity: 7 + token.count) { text in
                let end = text.initialize(fromContentsOf: "Bearer ".utf8)
                return text[end...].initialize(fromContentsOf: token)
            }
        }
    }
}
