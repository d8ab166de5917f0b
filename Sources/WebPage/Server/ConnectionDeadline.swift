import NIOCore

/// Closes a connection when its time is over, whatever it is doing: who sends slowly holds nobody up for long.
final class ConnectionDeadline: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Never

    private let lifetime: TimeAmount
    private var end: Scheduled<Void>?

    init(lifetime: Duration) {
        self.lifetime = TimeAmount(lifetime)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        end = context.eventLoop.scheduleTask(in: lifetime) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end?.cancel()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end?.cancel()
        context.fireChannelInactive()
    }
}
