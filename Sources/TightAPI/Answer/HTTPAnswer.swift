import NIOCore

/// An answer as the transport read it: everything that the outcome depends on.
struct HTTPAnswer: Sendable {
    /// How the body ended.
    enum BodyEnd: Equatable, Sendable {
        case complete
        /// More than the transport reads; it dropped the connection.
        case tooLarge
        /// The head came, the rest of the body did not.
        case cut(TransportFailure.Cause)
        /// It came whole, compressed in a way that cannot be undone.
        case notDecoded(ContentCoding.Problem)
    }

    /// The most bytes of a body that are read, and that it may have once it is decompressed.
    static let longestBody = 65_536
    /// The most bytes of all fields of a head together that are read.
    static let longestHead = 65_536

    let status: Int
    var contentType: String?
    /// The values of all `Content-Encoding` headers, joined with commas.
    var contentCoding: String?
    /// The values of all `Retry-After` headers, in their order.
    var retryAfter: [String] = []
    /// The value of the `Date` header.
    var date: String?
    var body = ByteBuffer()
    /// The size of the body: the bytes that were read, or the announced size if that is larger.
    var size = 0
    var bodyEnd: BodyEnd = .complete
    /// The connection whose end cut the body off.
    var lostConnection: UInt64?
}
