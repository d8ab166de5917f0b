import NIOCore
import RefreshCore

/// An answer as the transport read it: everything that determines the outcome.
struct HTTPAnswer: Sendable {
    /// How the body ended.
    enum BodyEnd: Equatable, Sendable {
        case complete
        /// It exceeded the limit; the transport dropped the connection or the stream.
        case tooLarge
        /// The head arrived, but the rest of the body did not.
        case cut(TransportFailure.Cause)
        /// It arrived whole, but its compression cannot be undone.
        case notDecoded(Malformation.Reason)
    }

    /// The most bytes of a body that are read, and the most that it may have once decompressed.
    static let longestBody = 65_536
    /// The most bytes that are read of all fields of a head together.
    static let longestHead = 65_536

    let status: Int
    var contentType: String?
    /// The values of all `Content-Encoding` headers, joined with commas.
    var contentCoding: String?
    /// The values of all `Retry-After` headers, in order.
    var retryAfter: [String] = []
    /// The value of the `Date` header.
    var date: String?
    var body = ByteBuffer()
    /// The size of the body: the bytes that were read, or the announced size if that is larger.
    var size = 0
    var bodyEnd: BodyEnd = .complete
    /// The connection whose loss cut off the body.
    var lostConnection: UInt64?
}

extension HTTPAnswer {
    /// Whether this is the page of a server that accepted the connection but requires a client certificate.
    ///
    /// nginx completes the handshake and then answers with status 400 and exactly this text.
    var asksForClientCertificate: Bool {
        body.readableBytesView.firstRange(of: Self.nginxWords) != nil
    }

    private static let nginxWords = Array("No required SSL certificate was sent".utf8)
}

extension HTTPAnswer {
    /// Decompresses the body if it is compressed; on failure, `bodyEnd` says why.
    mutating func decode() {
        guard let field = contentCoding, bodyEnd == .complete, body.readableBytes > 0 else { return }
        do throws(Malformation.Reason) {
            guard let coding = try ContentCoding(field: field) else { return }
            body = try coding.decoded(body, most: Self.longestBody)
        } catch {
            bodyEnd = .notDecoded(error)
            body.clear()
        }
    }
}

extension Malformation {
    /// Keeps the answer's size, type and, if that is the problem, its coding; `redacting` hides secrets.
    init(_ reason: Reason, of answer: HTTPAnswer, redacting: (String) -> String) {
        func fit(_ text: some StringProtocol) -> String { String(text).fit(limit: 80, redacting: redacting) }
        var type = answer.contentType.map { fit($0.prefix { $0 != ";" }) } ?? ""
        if case .notDecoded = answer.bodyEnd, let coding = answer.contentCoding {
            type += (type.isEmpty ? "no content type" : "") + " as " + String(fit(coding).prefix(20))
        }
        self.init(reason, bytes: answer.size, contentType: type.isEmpty ? nil : type)
    }
}
