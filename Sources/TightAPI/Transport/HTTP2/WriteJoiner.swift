import NIOCore

/// Joins the writes between two flushes, so that many small frames share one TLS record.
final class WriteJoiner: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// About a TLS record, which holds 16 KiB at most.
    private static let most = 16_000

    private var joined = ByteBuffer()

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var part = unwrapOutboundIn(data)
        if joined.readableBytes + part.readableBytes > Self.most { release(context) }
        if promise == nil, part.readableBytes <= Self.most {
            joined.writeBuffer(&part)
        } else {
            release(context)
            context.write(data, promise: promise)
        }
    }

    func flush(context: ChannelHandlerContext) {
        release(context)
        context.flush()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        release(context)
        context.close(mode: mode, promise: promise)
    }

    private func release(_ context: ChannelHandlerContext) {
        guard joined.readableBytes > 0 else { return }
        context.write(wrapOutboundOut(joined), promise: nil)
        joined = context.channel.allocator.buffer(capacity: joined.capacity)
    }
}
