import NIOCore
import NIOTLS

/// Reports the events of its channel until HTTP is established.
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
