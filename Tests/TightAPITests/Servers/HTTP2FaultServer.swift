import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL

/// What an HTTP/2 server does with a request.
enum HTTP2Fault: Sendable {
    case success
    case reset(HTTP2ErrorCode)
    /// The head of a 200 and half a body, then RST_STREAM.
    case resetInBody
    /// GOAWAY that names no stream as processed.
    case goAwayUnprocessed
    /// GOAWAY that names this stream as the last one processed, then the answer.
    case goAwayThenSuccess
    case close
}

/// An HTTP/2 server that speaks frames and misbehaves as told, request by request; the last fault is kept up.
struct HTTP2FaultServer {
    let log = ServerLog()
    let port: Int
    private let channel: any Channel

    init(_ faults: HTTP2Fault..., tls: NIOSSLContext) async throws {
        let log = log
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOSSLServerHandler(context: tls), NIOHTTP2Handler(mode: .server),
                        FrameHandler(faults: faults, log: log),
                    ])
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    func close() async throws {
        try await channel.close()
    }
}

private final class FrameHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private let faults: [HTTP2Fault]
    private let log: ServerLog

    init(faults: [HTTP2Fault], log: ServerLog) {
        self.faults = faults
        self.log = log
    }

    func channelActive(context: ChannelHandlerContext) {
        log.connected()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard case .headers(let payload) = frame.payload else { return }
        let head = payload.headers.map { "\($0.name): \($0.value)\n" }.joined() + "end: \(payload.endStream)"
        let index = log.received(head)
        let stream = frame.streamID
        switch faults[min(index, faults.count - 1)] {
        case .success: succeed(stream, context)
        case .reset(let code): write(.rstStream(code), stream, context)
        case .resetInBody:
            write(.headers(.init(headers: [":status": "200", "content-length": "20"])), stream, context)
            write(.data(.init(data: .byteBuffer(ByteBuffer(string: #"{"result":"#)))), stream, context)
            write(.rstStream(.internalError), stream, context)
        case .goAwayUnprocessed:
            write(
                .goAway(lastStreamID: .rootStream, errorCode: .noError, opaqueData: nil),
                .rootStream,
                context
            )
        case .goAwayThenSuccess:
            write(.goAway(lastStreamID: stream, errorCode: .noError, opaqueData: nil), .rootStream, context)
            succeed(stream, context)
        case .close: context.close(promise: nil)
        }
        context.flush()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func succeed(_ stream: HTTP2StreamID, _ context: ChannelHandlerContext) {
        write(
            .headers(.init(headers: [":status": "200", "content-type": "application/json"])),
            stream,
            context
        )
        let body = ByteBuffer(string: #"{"result":"SUCCESS"}"#)
        write(.data(.init(data: .byteBuffer(body), endStream: true)), stream, context)
    }

    private func write(
        _ payload: HTTP2Frame.FramePayload,
        _ stream: HTTP2StreamID,
        _ context: ChannelHandlerContext
    ) {
        context.write(wrapOutboundOut(HTTP2Frame(streamID: stream, payload: payload)), promise: nil)
    }
}
