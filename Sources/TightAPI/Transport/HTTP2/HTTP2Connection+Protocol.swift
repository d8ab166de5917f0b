import NIOCore
import NIOHTTP2

/// The set-up of the connection, and the handler's reports.
extension HTTP2Connection: NIOHTTP2FrameDelegate {
    /// The handler's own limit until the server has announced how many streams it accepts.
    static let streamsUntilTold = 100
    /// No answer that is read needs more, so that streams never have to be given more.
    private static let streamWindow = 2 * HTTPAnswer.longestBody
    /// What all streams together may send before the server acknowledges it.
    private static let connectionWindow = 16 * 1_048_576

    /// Speaks HTTP/2 on the channel from now on.
    func add(to channel: any Channel) throws {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .enablePush, value: 0),
            HTTP2Setting(parameter: .initialWindowSize, value: Self.streamWindow),
            HTTP2Setting(parameter: .maxHeaderListSize, value: 16_384),
        ]
        connection.maximumSequentialEmptyDataFrames = 16
        // Ours are well-formed, and of the server's a few are read, as text that is not trusted anyhow.
        connection.headerBlockValidation = .disabled
        // Pings are cheap; some servers send one with every answer. Each connection reserves room to count so many.
        connection.controlFrameRateLimit.maximumCount = 10_000
        connection.controlFrameRateLimit.windowLength = .seconds(1)
        // In an outage a server may well reset all streams, which are far fewer on one connection.
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.streamResetFrameRateLimit.maximumCount = 10_000
        stream.streamResetFrameRateLimit.windowLength = .seconds(1)
        let handler = NIOHTTP2Handler(
            mode: .client,
            frameDelegate: self,
            connectionConfiguration: connection,
            streamConfiguration: stream
        )
        try channel.pipeline.syncOperations.addHandlers([WriteJoiner(), handler, self])
        guard let context else { return }
        write(.windowUpdate(windowSizeIncrement: Self.connectionWindow - 65_535), on: .rootStream, context)
        context.flush()
    }

    func wroteFrame(_ frame: HTTP2Frame) {
        switch frame.payload {
        case .headers(let payload):
            guard let (stream, call) = writing, stream == frame.streamID else { return }
            call.isWritten = true
            call.isWhole = payload.endStream
        case .data(let payload) where payload.endStream: calls[frame.streamID]?.isWhole = true
        case .goAway: isBroken = true
        default: break
        }
    }

    /// Extends the server's window once it has used half of it.
    func enlargeWindow(_ event: NIOHTTP2WindowUpdatedEvent, _ context: ChannelHandlerContext) {
        guard event.streamID == .rootStream, let left = event.inboundWindowSize, left < Self.connectionWindow / 2,
            !isBroken
        else { return }
        write(.windowUpdate(windowSizeIncrement: Self.connectionWindow - left), on: .rootStream, context)
    }
}

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
