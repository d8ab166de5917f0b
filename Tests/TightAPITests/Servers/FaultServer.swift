import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// A server that speaks raw bytes and misbehaves as told, request by request; the last fault is kept up.
struct FaultServer {
    let log = ServerLog()
    let port: Int
    private let channel: any Channel

    init(_ faults: Fault..., host: String = "127.0.0.1", port: Int = 0, tls: NIOSSLContext? = nil) async throws {
        let log = log
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                    }
                    try channel.pipeline.syncOperations.addHandler(FaultHandler(faults: faults, log: log))
                }
            }
            .bind(host: host, port: port).get()
        self.port = channel.localAddress?.port ?? 0
    }

    func close() async throws {
        try await channel.close()
    }
}

private final class FaultHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let faults: [Fault]
    private let log: ServerLog
    private var received = ""
    private var requests = 0

    init(faults: [Fault], log: ServerLog) {
        self.faults = faults
        self.log = log
    }

    func channelActive(context: ChannelHandlerContext) {
        log.connected()
        if case .closeOnAccept? = faults.first { context.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += String(buffer: unwrapInboundIn(data))
        while let head = received.range(of: "\r\n\r\n") {
            let size = received[..<head.upperBound].firstMatch(of: /Content-Length: (\d+)/).flatMap { Int($0.1) } ?? 0
            guard let end = received.index(head.upperBound, offsetBy: size, limitedBy: received.endIndex) else { break }
            requests += 1
            let index = log.received(String(received[..<end]))
            received.removeSubrange(..<end)
            perform(faults[min(index, faults.count - 1)], context: context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        log.disconnected()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        log.failed(error)
        context.close(promise: nil)
    }

    private func perform(_ fault: Fault, context: ChannelHandlerContext) {
        switch fault {
        case .write(let text): context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        case .writeBytes(let bytes):
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
        case .writeAndClose(let text):
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
            context.close(promise: nil)
        case .writeAndReset(let text):
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
            reset(context)
        case .writeAndCloseIdle(let text, let idle):
            let served = requests
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
            context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(idle)) {
                if self.requests == served { context.close(promise: nil) }
            }
        case .writeTwice(let first, let second):
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: first)), promise: nil)
            context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(30)) {
                context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: second)), promise: nil)
                context.close(promise: nil)
            }
        case .writeForEver(let text): repeatForEver(text, context)
        case .silence: break
        case .closeOnAccept: context.close(promise: nil)
        }
    }

    private func repeatForEver(_ text: String, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(1)) { self.repeatForEver(text, context) }
    }

    /// Closes the socket so that the other side gets RST instead of FIN.
    private func reset(_ context: ChannelHandlerContext) {
        let channel = context.channel
        guard let socket = channel as? any SocketOptionProvider else { return }
        // Two ints as in the kernel's struct: linger, and for no time.
        socket.unsafeSetSocketOption(level: .socket, name: .so_linger, value: SIMD2<Int32>(1, 0))
            .whenComplete { _ in channel.close(promise: nil) }
    }
}
