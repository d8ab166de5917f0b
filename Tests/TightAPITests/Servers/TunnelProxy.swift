import Foundation
import NIOCore
import NIOPosix

/// An HTTP proxy that answers every CONNECT with a tunnel.
struct TunnelProxy {
    let log = ServerLog()
    let port: Int
    private let channel: any Channel

    init() async throws {
        let log = log
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ConnectHandler(log: log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    func close() async throws {
        try await channel.close()
    }
}

/// Reads one CONNECT, then passes on what comes.
private final class ConnectHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let log: ServerLog
    private var received = ""
    private var other: (any Channel)?

    init(log: ServerLog) {
        self.log = log
    }

    func channelActive(context: ChannelHandlerContext) {
        log.connected()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if let other {
            other.writeAndFlush(bytes, promise: nil)
            return
        }
        received += String(buffer: bytes)
        guard received.hasSuffix("\r\n\r\n") else { return }
        _ = log.received(received)
        let target = received.split(separator: " ")[1].split(separator: ":")
        let near = context.channel
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        ClientBootstrap(group: context.eventLoop)
            .channelInitializer { far in
                far.eventLoop.makeCompletedFuture {
                    try far.pipeline.syncOperations.addHandler(PassingHandler(to: near))
                }
            }
            .connect(host: String(target[0]), port: Int(target[1]) ?? 0)
            .whenComplete { result in
                let (handler, context) = bound.value
                guard case .success(let far) = result else { return context.close(promise: nil) }
                handler.other = far
                let answer = ByteBuffer(string: "HTTP/1.1 200 Connected\r\n\r\n")
                context.writeAndFlush(handler.wrapOutboundOut(answer), promise: nil)
            }
    }

    func channelInactive(context: ChannelHandlerContext) {
        other?.close(promise: nil)
    }
}

private final class PassingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel

    init(to other: any Channel) {
        self.other = other
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        other.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        other.close(promise: nil)
    }
}
