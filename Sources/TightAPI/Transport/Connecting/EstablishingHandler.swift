import NIOCore
import NIOTLS

/// Tells somebody what happens to its channel until HTTP is spoken on it.
final class EstablishingHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let attempt: any Establishing

    init(_ attempt: any Establishing) {
        self.attempt = attempt
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let chosen)? = event as? TLSUserEvent { attempt.secured(chosen) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        attempt.lost(error)
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        attempt.lost(nil)
        context.fireChannelInactive()
    }
}
