import NIOCore
import NIOPosix
import NIOSSL

/// An HTTP/2 server that answers its first request with raw bytes, and all others with a success.
struct RawHTTP2Server {
    let log = ServerLog()
    let port: Int
    private let channel: any Channel

    /// A server that takes so many streams at once, nil if it does not say, and sends its SETTINGS only after a while.
    init(
        tls: NIOSSLContext,
        streams: UInt8? = nil,
        settingsAfter delay: Duration? = nil,
        answer: [UInt8]
    ) async throws {
        let log = log
        // SETTINGS_MAX_CONCURRENT_STREAMS is 3.
        let greeting = Self.frame(4, stream: 0, streams.map { [0, 3, 0, 0, 0, $0] } ?? [])
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOSSLServerHandler(context: tls),
                        RawHandler(log: log, greeting: greeting, delay: delay, answer: answer),
                    ])
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    func close() async throws {
        try await channel.close()
    }

    /// A frame with this payload.
    ///
    /// Source: RFC 9113 section 4.1.
    static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt32, _ payload: [UInt8] = []) -> [UInt8] {
        frame(type, flags: flags, stream: stream, payload, length: payload.count)
    }

    /// A frame that says another length than it has.
    static func frame(
        _ type: UInt8,
        flags: UInt8 = 0,
        stream: UInt32,
        _ payload: [UInt8],
        length: Int
    ) -> [UInt8] {
        let size = [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255)]
        let number = (0..<4).reversed().map { UInt8(stream >> (8 * $0) & 255) }
        return size + [type, flags] + number + payload
    }

    /// A whole answer: status 200 and a result.
    static func success(_ stream: UInt32) -> [UInt8] {
        // 0x88 is `:status: 200` in the table of RFC 7541.
        frame(1, flags: 4, stream: stream, [0x88]) + frame(0, flags: 1, stream: stream, body)
    }

    static let body = Array(#"{"result":"SUCCESS"}"#.utf8)
}

private final class RawHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let log: ServerLog
    private let greeting: [UInt8]
    private let delay: Duration?
    private let answer: [UInt8]
    private var received = ByteBuffer()
    private var hasPreface = false
    private var hasGreeted = false

    init(log: ServerLog, greeting: [UInt8], delay: Duration?, answer: [UInt8]) {
        self.log = log
        self.greeting = greeting
        self.delay = delay
        self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
        log.connected()
    }

    func channelInactive(context: ChannelHandlerContext) {
        log.disconnected()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.writeImmutableBuffer(unwrapInboundIn(data))
        if !hasPreface {
            // The client's is 24 bytes.
            guard received.readSlice(length: 24) != nil else { return }
            hasPreface = true
            guard let delay else { return greet(context) }
            context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { self.greet(context) }
        }
        if hasGreeted { readFrames(context) }
    }

    private func greet(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        hasGreeted = true
        write(greeting, context)
        readFrames(context)
    }

    private func readFrames(_ context: ChannelHandlerContext) {
        while let length = received.getInteger(at: received.readerIndex, as: UInt32.self).map({ Int($0 >> 8) }),
            var frame = received.readSlice(length: 9 + length)
        {
            frame.moveReaderIndex(forwardBy: 3)
            guard let type = frame.readInteger(as: UInt8.self), frame.readInteger(as: UInt8.self) != nil,
                let stream = frame.readInteger(as: UInt32.self)
            else { return }
            if type == 1 {
                let index = log.received("\(stream): \(frame.readableBytesView.map { $0 })")
                write(index == 0 ? answer : RawHTTP2Server.success(stream), context)
            } else if type == 4, length > 0 {
                write(RawHTTP2Server.frame(4, flags: 1, stream: 0), context)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }
}
