import NIOCore
import RefreshCore

/// Asks a proxy for a tunnel, and removes itself from the pipeline afterwards.
final class ProxyTunnelHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The longest head of an answer, in bytes.
    private static let longest = 16_384
    private static let version = Array("HTTP/1.".utf8)

    private let target: Endpoint
    private let credentials: ProxyCredentials?
    private let done: (_ hindrance: TransportFailure.Cause?) -> Void
    private var received = ByteBuffer()
    private var isDone = false

    /// Calls `done` when the tunnel exists, or with what prevented it.
    init(
        to target: Endpoint,
        credentials: ProxyCredentials?,
        done: @escaping (_ hindrance: TransportFailure.Cause?) -> Void
    ) {
        self.target = target
        self.credentials = credentials
        self.done = done
    }

    func handlerAdded(context: ChannelHandlerContext) {
        var request = ByteBuffer()
        let host = target.bracketedHost
        request.writeString("CONNECT \(host):\(target.port) HTTP/1.1\r\nhost: \(host)\r\n")
        if let credentials { request.writeString("proxy-authorization: \(credentials.basic)\r\n") }
        request.writeString("\r\n")
        context.writeAndFlush(wrapOutboundOut(request), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return context.fireChannelRead(data) }
        received.writeImmutableBuffer(unwrapInboundIn(data))
        let bytes = received.readableBytesView
        guard bytes.prefix(Self.version.count).elementsEqual(Self.version.prefix(bytes.count)) else {
            return finish(.proxyRefused(.notAProxy(status: nil)), context)
        }
        if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
            finish(hindrance(in: bytes, hasMore: end.upperBound < bytes.endIndex), context)
        } else if bytes.count > Self.longest {
            finish(.proxyRefused(.notAProxy(status: nil)), context)
        }
    }

    /// The error that the head of an answer shows; nil if it grants the tunnel.
    private func hindrance(in head: ByteBufferView, hasMore: Bool) -> TransportFailure.Cause? {
        guard let status = Self.status(in: head) else { return .proxyRefused(.notAProxy(status: nil)) }
        switch status {
        // The server behind the tunnel sends nothing before it is asked, so a body is a page from something else.
        case 200..<300: return hasMore ? .proxyRefused(.notAProxy(status: status)) : nil
        case 403: return .proxyRefused(.forbidden(port: target.port))
        case 407: return .proxyRefused(credentials == nil ? .credentialsMissing : .credentialsRefused)
        case 408, 429: return .proxy(.busy(status: status))
        // Not implemented, or HTTP version not supported: the server does not know CONNECT.
        case 501, 505: return .proxyRefused(.notAProxy(status: status))
        case 500..<600: return .proxy(.targetNotReached(status: status))
        default: return .proxyRefused(.notAProxy(status: status))
        }
    }

    /// Reads the status in `HTTP/1.1 200 …`.
    private static func status(in head: ByteBufferView) -> Int? {
        let line = head.prefix { $0 != UInt8(ascii: "\r") }
        let digits = line.dropFirst(version.count + 2).prefix(3)
        let rest = line.dropFirst(version.count + 5)
        guard line.count >= version.count + 5, line[line.startIndex + version.count + 1] == UInt8(ascii: " "),
            digits.allSatisfy(\.isASCIIDigit), rest.first ?? UInt8(ascii: " ") == UInt8(ascii: " ")
        else { return nil }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    private func finish(_ hindrance: TransportFailure.Cause?, _ context: ChannelHandlerContext) {
        isDone = true
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
        done(hindrance)
    }
}
