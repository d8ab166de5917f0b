import NIOCore

/// Asks a proxy for a tunnel, and takes itself out of the way when there is one.
///
/// Source: RFC 9110 section 9.3.6.
final class ProxyTunnelHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The longest head of an answer.
    private static let longest = 16_384

    private let target: Endpoint.Target
    private let done: (_ isOpen: Bool) -> Void
    private var received = ByteBuffer()
    private var isDone = false

    init(to target: Endpoint.Target, done: @escaping (_ isOpen: Bool) -> Void) {
        self.target = target
        self.done = done
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let request = "CONNECT \(target.host):\(target.port) HTTP/1.1\r\nhost: \(target.host)\r\n\r\n"
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return context.fireChannelRead(data) }
        received.writeImmutableBuffer(unwrapInboundIn(data))
        let bytes = received.readableBytesView
        if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
            // The server behind the tunnel says nothing before it is asked: nothing can follow but a refusal's body.
            finish(Self.isSuccess(bytes) && end.upperBound == bytes.endIndex, context)
        } else if bytes.count > Self.longest {
            finish(false, context)
        }
    }

    private static func isSuccess(_ head: ByteBufferView) -> Bool {
        // HTTP/1.1 200 …
        head.count >= 12 && head.starts(with: "HTTP/1.".utf8) && head[head.startIndex + 8] == UInt8(ascii: " ")
            && head[head.startIndex + 9] == UInt8(ascii: "2")
    }

    private func finish(_ isOpen: Bool, _ context: ChannelHandlerContext) {
        isDone = true
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
        done(isOpen)
    }
}
