import NIOCore
import NIOHTTP1
import RefreshCore

/// An HTTP/1.1 connection, which carries one call at a time.
final class HTTP1Connection: ChannelInboundHandler, Connection {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// Whether the connection can take a call.
    enum Readiness {
        case ready
        /// The server may be about to close it, or has sent something that is not read yet.
        case resting
        /// It was idle for too long, is old, or has been closed.
        case spent
    }

    let number = ConnectionNumber.next()
    private let pool: ConnectionPool
    private let writer = PreparedRequestWriter()
    private let retiresAt: NIODeadline
    private var context: ChannelHandlerContext?
    private var call: OpenCall?
    /// How long it had been idle when it was given its call; nil for its first one.
    private var idledFor: TimeAmount?
    private var isKeptAlive = true
    private var hint: KeepAliveHint?
    /// Whether the server has sent anything in HTTP on this connection.
    private var hasHeard = false
    private var hasAnswered = false
    private var idleSince = NIODeadline.now()
    private var restsUntil = NIODeadline.distantPast
    private(set) var isLeaving = false

    init(_ pool: ConnectionPool) {
        self.pool = pool
        retiresAt = pool.limits.end(of: .now())
    }

    /// Speaks HTTP/1.1 on the channel from now on.
    func add(to channel: any Channel) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = HTTPAnswer.longestHead
        limits.maxHeaderListSize = HTTPAnswer.longestHead
        let decoder = HTTPResponseDecoder(
            leftOverBytesStrategy: .dropBytes,
            informationalResponseStrategy: .forward,
            limitConfiguration: limits
        )
        try channel.pipeline.syncOperations.addHandlers([
            writer, ByteToMessageHandler(decoder), self,
        ])
    }

    /// Checks the socket itself, so everything received so far is taken into account.
    func readiness(_ now: NIODeadline) -> Readiness {
        if now < restsUntil { return .resting }
        guard now < end, let context else { return .spent }
        if context.channel.isQuiet { return .ready }
        guard isNew(now) else { return .spent }
        // Tickets, which TLS sends behind its handshake, or the end: the event loop is about to read it.
        restsUntil = now + ReusePolicy.rest
        pool.look(by: restsUntil)
        return .resting
    }

    /// Whether it was made a moment ago and has carried no call.
    private func isNew(_ now: NIODeadline) -> Bool {
        call == nil && !hasAnswered && now - idleSince < .seconds(1)
    }

    /// When it is no longer used, if it stays idle.
    private var end: NIODeadline {
        min(retiresAt, idleSince + pool.reuse.longestIdle(hint?.timeout, idleSince))
    }

    func send(_ call: OpenCall, _ now: NIODeadline) {
        guard let context else { return call.fail(.notConnected) }
        self.call = call
        idledFor = hasAnswered ? now - idleSince : nil
        isKeptAlive = true
        call.sentAt = now
        call.isWritten = true
        writer.prepare(call.request.makeHTTP1Request())
        context.write(wrapOutboundOut(.head(call.request.head.http1.outline)), promise: nil)
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
        if call == nil, now < restsUntil { return restsUntil }
        let end = call?.deadline ?? end
        guard end <= now else { return end }
        close(.timeout)
        return .distantFuture
    }

    func close(_ cause: TransportFailure.Cause) {
        close(cause, lost: nil)
    }

    /// As above; `connection` is its own number if the connection was lost.
    private func close(_ cause: TransportFailure.Cause, lost connection: UInt64?) {
        isLeaving = true
        pool.retired(self)
        let call = exchange(&call, with: nil)
        call?.fail(cause, lost: connection)
        context?.channel.close(takingBackCalls: call != nil)
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
        case .head(let head) where (100..<200).contains(head.status.code) && head.status != .switchingProtocols:
            if !call.awaitsMore() { close(.notHTTP) }
            return
        case .head(let head):
            var answer = HTTPAnswer(status: Int(head.status.code))
            for (name, value) in head.headers { answer.note(name, value) }
            isKeptAlive = head.isKeepAlive && head.tellsItsEnd
            hint = head.headers.first(name: "keep-alive").flatMap { KeepAliveHint($0) }
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
        lost(TransportFailure.Cause(answering: error, isFirstWord: !hasHeard))
    }

    func channelInactive(context: ChannelHandlerContext) {
        lost(.connectionLost)
        pool.closed(self)
    }

    /// The server closed the connection, or sent something that cannot be parsed.
    private func lost(_ cause: TransportFailure.Cause) {
        let hasFailedAtOnce = !isLeaving && isNew(.now())
        if !isLeaving { learn() }
        if hasFailedAtOnce {
            isLeaving = true
            pool.retired(self)
            // Trying again for the same calls would be futile. Before the close, which can call back into the pool.
            pool.failWaiting(cause.isRefusal ? cause : .notConnected)
        }
        close(cause, lost: cause == .connectionLost ? number : nil)
    }

    /// Remembers how long the server keeps an idle connection.
    private func learn() {
        let now = NIODeadline.now()
        guard let call else {
            if hasAnswered { pool.reuse.closed(after: now - idleSince, now) }
            return
        }
        // A call that ends as soon as it is sent, without an answer, has most likely crossed the close of an idle
        // connection.
        guard let idledFor, call.answer == nil, let sentAt = call.sentAt, now - sentAt < .seconds(1) else { return }
        pool.reuse.closed(after: idledFor, now)
    }

    private func finish() {
        let now = NIODeadline.now()
        exchange(&call, with: nil)?.succeed()
        guard isKeptAlive, !isLeaving, now < retiresAt, hint?.requests != 0 else { return close(.connectionLost) }
        if idledFor != nil { pool.reuse.reused() }
        hasAnswered = true
        idleSince = now
        restsUntil = hint == nil && !pool.reuse.isTrusted ? now + ReusePolicy.rest : now
        pool.released(self, lookBy: restsUntil > now ? restsUntil : end)
    }
}

/// Writes a prepared request in place of the head that the decoder sees.
///
/// The decoder needs the head of the request to read its answer; only the method counts. Encoding a head for each call
/// would take as many instructions as nghttp2 spends on a whole call.
private final class PreparedRequestWriter: ChannelOutboundHandler {
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = ByteBuffer

    private var request: ByteBuffer?

    /// Stores the request that replaces the next head.
    func prepare(_ request: ByteBuffer) {
        self.request = request
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // Only heads are ever written.
        guard let request = exchange(&request, with: nil) else {
            promise?.fail(ChannelError.operationUnsupported)
            return
        }
        context.write(wrapOutboundOut(request), promise: promise)
    }
}

extension HTTPResponseHead {
    /// Whether the end of the body can be known without the end of the connection.
    fileprivate var tellsItsEnd: Bool {
        guard status != .switchingProtocols else { return false }
        return headers.contains(name: "content-length") || headers.contains(name: "transfer-encoding")
            || !status.mayHaveResponseBody
    }
}
