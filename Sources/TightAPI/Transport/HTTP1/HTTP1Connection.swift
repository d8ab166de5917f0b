import NIOCore
import NIOHTTP1

/// An HTTP/1.1 connection, which carries one call at a time.
final class HTTP1Connection: ChannelInboundHandler, Connection {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let pool: ConnectionPool
    private var context: ChannelHandlerContext?
    private var call: OpenCall?
    private var isKeptAlive = true
    /// Whether the server has said anything, on this connection, in HTTP.
    private var hasHeard = false
    private var idleSince = NIODeadline.now()
    private(set) var isLeaving = false

    init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    /// Speaks HTTP/1.1 on the channel from now on.
    func add(to channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandlers([
            HTTPRequestEncoder(),
            ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes)),
            self,
        ])
    }

    func send(_ call: OpenCall, _ now: NIODeadline) {
        guard let context else { return call.fail(.notConnected) }
        self.call = call
        isKeptAlive = true
        call.sentAt = now
        call.isWritten = true
        context.write(wrapOutboundOut(.head(call.request.makeHTTP1Head())), promise: nil)
        if call.request.hasBody {
            context.write(wrapOutboundOut(.body(.byteBuffer(call.request.makeBody()))), promise: nil)
        }
        context.write(wrapOutboundOut(.end(nil)), promise: nil)
        pool.wrote(on: self)
    }

    func flush() {
        context?.flush()
    }

    func cancel(_ id: UInt64) -> Bool {
        guard call?.request.id == id else { return false }
        close(.cancelled)
        return true
    }

    func expire(_ now: NIODeadline) -> NIODeadline {
        guard !isLeaving else { return .distantFuture }
        let end = call?.deadline ?? idleSince + pool.limits.idleTimeout
        guard end <= now else { return end }
        close(.timeout)
        return .distantFuture
    }

    func close(_ cause: TransportFailure.Cause) {
        isLeaving = true
        pool.retired(self)
        end { $0.fail(cause) }
        context?.close(promise: nil)
    }

    private func end(_ finish: (OpenCall) -> Void) {
        guard let call = exchange(&call, with: nil) else { return }
        finish(call)
    }

    // MARK: ChannelInboundHandler

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        hasHeard = true
        guard let call else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            var answer = HTTPAnswer(status: Int(head.status.code))
            for (name, value) in head.headers { answer.note(name, value) }
            isKeptAlive = head.isKeepAlive && head.tellsItsEnd
            call.answer = answer
        case .body(let part): call.answer?.append(part)
        case .end: return finish()
        }
        if call.answer?.isTooLarge == true { close(.connectionLost) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        pool.dispatch()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(TransportFailure.Cause(answering: error, isFirstWord: !hasHeard))
    }

    func channelInactive(context: ChannelHandlerContext) {
        close(.connectionLost)
        pool.closed(self)
    }

    private func finish() {
        end { $0.succeed() }
        if isKeptAlive, !isLeaving {
            idleSince = .now()
            pool.released(self)
        } else {
            close(.connectionLost)
        }
    }
}

extension HTTPResponseHead {
    /// Whether the end of the body is known without the end of the connection.
    ///
    /// Source: RFC 9112 section 6.3.
    fileprivate var tellsItsEnd: Bool {
        headers.contains(name: "content-length") || headers.contains(name: "transfer-encoding")
            || !status.mayHaveResponseBody
    }
}
