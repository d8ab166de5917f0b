import NIOCore
import NIOHTTP2
import RefreshCore

/// An HTTP/2 connection, which carries as many calls at once as the server allows.
///
/// `NIOHTTP2Handler` implements the protocol: frames, HPACK, flow control of sent data, answers to PING and SETTINGS,
/// and protocol errors. This type handles the calls of the streams. Streams have no channels, which would cost as much
/// as everything else.
final class HTTP2Connection: ChannelInboundHandler, Connection {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    /// Calls by the number of their stream.
    var calls: [HTTP2StreamID: OpenCall] = [:]
    /// The call whose head is being written.
    private(set) var writing: (stream: HTTP2StreamID, call: OpenCall)?
    /// As the server's SETTINGS have it.
    var maximumStreams = HTTP2Connection.streamsUntilTold
    let number = ConnectionNumber.next()
    let pool: ConnectionPool
    private var opened: ((HTTP2Connection) -> Void)?
    private(set) var context: ChannelHandlerContext?
    private var nextStream = 1
    private var hasCarriedCalls = false
    /// When a frame, or a part of one, came last.
    private var lastReadAt = NIODeadline.now()
    /// Since when there are calls.
    private var busySince = NIODeadline.now()
    private var pings = PingWatch()
    private var retiresAt: NIODeadline
    /// Whether it is so old that another one is to take its place.
    private(set) var isOld = false
    private var idleSince = NIODeadline.now()
    private(set) var isLeaving = false
    /// The handler gave the connection up, and said so with GOAWAY.
    var isBroken = false

    /// Calls `opened` when the server's SETTINGS have come.
    init(_ pool: ConnectionPool, opened: @escaping (HTTP2Connection) -> Void) {
        self.pool = pool
        self.opened = opened
        retiresAt = pool.limits.end(of: .now())
    }

    /// Whether it has as many calls as the server allows.
    var isFull: Bool { calls.count >= maximumStreams }

    /// Whether it has calls.
    var isBusy: Bool { !calls.isEmpty }

    /// Whether it was asked if it is there, and has not answered yet.
    var owesAnswer: Bool { pings.owesAnswer }

    /// Whether a call that is sent now leaves now, and for a server that is there.
    var hasRoom: Bool {
        guard !isFull, !isLeaving, !owesAnswer, let channel = context?.channel, channel.isWritable else { return false }
        // What has come on a connection that was idle may be its end; in a moment that is known.
        return isBusy || channel.isQuiet
    }

    /// Opens a stream for the call; there has to be room.
    func send(_ call: OpenCall, _ now: NIODeadline) {
        guard let context else { return call.fail(.notConnected) }
        let stream = HTTP2StreamID(nextStream)
        nextStream += 2
        hasCarriedCalls = true
        if calls.isEmpty { beginWatch(now) }
        calls[stream] = call
        call.rank = calls.count
        writing = (stream, call)
        call.sentAt = now
        let hasBody = call.request.hasBody
        write(.headers(.init(headers: call.request.makeHTTP2Head(), endStream: !hasBody)), on: stream, context)
        if hasBody {
            write(.data(.init(data: .byteBuffer(call.request.makeBody()), endStream: true)), on: stream, context)
        }
        writing = nil
        if !call.isWritten { withdraw(stream, context) }
        // Numbers of streams are never used again.
        if nextStream > Int(HTTP2StreamID.maxID) - 2 { leave() }
        pool.wrote(on: self)
    }

    /// Takes back a call that the handler did not write at once, so that it is never written at all.
    private func withdraw(_ stream: HTTP2StreamID, _ context: ChannelHandlerContext) {
        write(.rstStream(.cancel), on: stream, context)
        if let call = calls.removeValue(forKey: stream) { pool.handOver(call, .neverWritten) }
        leave()
    }

    func flush() {
        context?.flush()
    }

    func cancel(_ id: UInt64) -> Bool {
        guard let stream = calls.first(where: { $0.value.request.id == id })?.key else { return false }
        drop(stream, .cancelled)
        return true
    }

    func expire(_ now: NIODeadline) -> NIODeadline {
        var next = NIODeadline.distantFuture
        for (stream, call) in calls {
            guard call.deadline <= now else {
                next = min(next, call.deadline)
                continue
            }
            drop(stream, .timeout)
            // Not a word since the call was sent: the connection may lead nowhere, and must swallow no more calls.
            if let sentAt = call.sentAt, lastReadAt < sentAt { leave() }
        }
        next = min(next, watch(now))
        guard !isLeaving else { return next }
        next = min(next, replaceIfOld(now))
        guard calls.isEmpty, !isLeaving else { return next }
        let end = idleSince + pool.limits.idleTimeout
        if end <= now { retire() }
        return min(next, end)
    }

    /// Waits until the silence of the server is long enough to ask.
    private func beginWatch(_ now: NIODeadline) {
        busySince = now
        if let silence = pool.courtesy.silence { pool.look(by: now + silence) }
    }

    /// Asks a server that has been silent for long whether it is there, gives the connection up if it is not, and says
    /// when to look again.
    private func watch(_ now: NIODeadline) -> NIODeadline {
        guard let context, let silence = pool.courtesy.silence, isBusy || owesAnswer else { return .distantFuture }
        let timeout = pool.limits.pingTimeout
        switch pings.step(now, silentSince: max(lastReadAt, busySince), after: silence, timeout: timeout) {
        case .wait(let moment): return moment
        case .ask:
            write(.ping(HTTP2PingData(withInteger: number), ack: false), on: .rootStream, context)
            pool.wrote(on: self)
            return now + timeout
        case .giveUp:
            pool.connector.suspect(context.channel)
            close(.connectionLost, lost: number)
            return .distantFuture
        }
    }

    /// Has a connection that is old replaced, and says when to look again.
    private func replaceIfOld(_ now: NIODeadline) -> NIODeadline {
        if retiresAt <= now {
            isOld = true
            // Until there is another one it serves on; if none can be made, that is tried again.
            retiresAt = now + pool.limits.connectTimeout + .seconds(30)
            pool.replace(self, now)
        }
        return isLeaving ? .distantFuture : retiresAt
    }

    func close(_ cause: TransportFailure.Cause) {
        close(cause, lost: nil)
    }

    /// As above; `connection` is its own number if it was lost.
    private func close(_ cause: TransportFailure.Cause, lost connection: UInt64?) {
        for stream in calls.keys { calls.removeValue(forKey: stream)?.fail(cause, lost: connection) }
        leave()
    }

    /// Gives the call up and resets its stream.
    func drop(_ stream: HTTP2StreamID, _ cause: TransportFailure.Cause) {
        guard let call = calls.removeValue(forKey: stream) else { return }
        if let context {
            write(.rstStream(.cancel), on: stream, context)
            pool.wrote(on: self)
        }
        call.fail(cause)
        rest()
    }

    /// Closes because it is no longer needed: no call has waited for it.
    func retire() {
        hasCarriedCalls = true
        leave()
    }

    /// Takes no more calls, and closes when there are none left.
    func leave() {
        if !isLeaving {
            isLeaving = true
            pool.retired(self)
            // Nothing would come of it to try again for the same calls.
            if !hasCarriedCalls, opened == nil { pool.failWaiting(.notConnected) }
        }
        rest()
    }

    /// Notes that there are no calls left, if so.
    func rest() {
        guard calls.isEmpty else { return }
        if isLeaving { context?.close(promise: nil) } else { idleSince = lastReadAt }
    }

    /// The server's SETTINGS have come, for the first time or again.
    func settled() {
        if let opened = exchange(&opened, with: nil) {
            opened(self)
        } else {
            pool.streamsPerConnection = maximumStreams
        }
    }

    func write(_ payload: HTTP2Frame.FramePayload, on stream: HTTP2StreamID, _ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(HTTP2Frame(streamID: stream, payload: payload)), promise: nil)
    }

    // MARK: ChannelInboundHandler

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        receive(unwrapInboundIn(data), context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        lastReadAt = .now()
        pings.heard()
        pool.dispatch(lastReadAt)
        if calls.isEmpty {
            rest()
            pool.look(by: lastReadAt + pool.limits.idleTimeout)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { pool.dispatch() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let event as NIOHTTP2WindowUpdatedEvent: enlargeWindow(event, context)
        // When a frame has ended the stream its call is gone already; else the handler found the stream at fault.
        case let event as StreamClosedEvent where event.reason != nil:
            calls.removeValue(forKey: event.streamID)?.fail(.connectionLost)
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What is wrong with one stream has ended that stream.
        if !isBroken, error is any NIOHTTP2Error { return }
        close(.connectionLost, lost: number)
    }

    func channelInactive(context: ChannelHandlerContext) {
        close(.connectionLost, lost: number)
        pool.closed(self)
        context.fireChannelInactive()
    }
}
