import Glibc
import NIOCore

/// Ends a connection below TLS, without close_notify; comes first in the pipeline, next to the socket.
final class ConnectionEnd: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    /// Closes with a FIN.
    func cut() {
        context?.close(promise: nil)
    }

    /// Closes with an RST: zero linger time makes the kernel drop unsent data (socket(7)).
    func reset() {
        guard let context, let socket = context.channel as? any SocketOptionProvider else { return }
        socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }
}
