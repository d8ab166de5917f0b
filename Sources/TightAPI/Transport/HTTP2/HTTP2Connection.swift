import CNghttp2
import NIOCore
import RefreshCore

/// An HTTP/2 connection, which carries as many concurrent calls as the server allows.
///
/// `HTTP2Session` implements the protocol. This type moves its bytes and handles the calls of the streams. Streams have
/// no channels, which would cost as much as everything else.
final class HTTP2Connection: ChannelInboundHandler, Connection {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The stream limit until the server announces one.
    private static let streamsUntilTold = 100
    /// How much of the write buffer is kept; more is needed only if many calls begin at once.
    private static let writeBuffer = 65_536

    let session: HTTP2Session
    var floods = FloodGuard()
    /// The calls of the streams, in any order; each knows its index.
    private(set) var calls: [OpenCall] = []
    /// The head that is being read.
    var incoming: IncomingHead?
    /// The limit from the server's SETTINGS.
    var maximumStreams = HTTP2Connection.streamsUntilTold
    let number = ConnectionNumber.next()
    let pool: ConnectionPool
    private var opened: ((HTTP2Connection) -> Void)?
    private var context: ChannelHandlerContext?
    /// Bytes that the session has handed out but the channel has not received.
    private var unsent = ByteBuffer()
    /// Whether the pool is going to flush it.
    private var isNoted = false
    /// Whether the session is running and calling back; it must not be asked for more bytes then.
    private var isInSession = false
    /// Whether the session failed and must not be used.
    private var isBroken = false
    private var hasCarriedCalls = false
    /// When a frame, or a part of one, last arrived.
    private var lastReadAt = NIODeadline.now()
    /// When the connection last became busy.
    private var busySince = NIODeadline.now()
    private var pings = PingWatch()
    private var retiresAt: NIODeadline
    /// Whether it is old enough to be replaced.
    private(set) var isOld = false
    private var idleSince = NIODeadline.now()
    private(set) var isLeaving = false
    /// Whether a call was given up that may still be on its way.
    private var hasGivenUp = false

    /// Calls `opened` when the server's SETTINGS have arrived.
    init(_ pool: ConnectionPool, opened: @escaping (HTTP2Connection) -> Void) throws {
        session = try HTTP2Session()
        self.pool = pool
        self.opened = opened
        retiresAt = pool.limits.end(of: .now())
    }

    /// Speaks HTTP/2 on the channel from now on.
    func add(to channel: any Channel) throws {
        session.report(to: self)
        try channel.pipeline.syncOperations.addHandler(self)
        flush()
    }

    /// Whether it has as many calls as the server allows.
    var isFull: Bool { calls.count >= maximumStreams }

    /// Whether it has calls.
    var isBusy: Bool { !calls.isEmpty }

    /// Whether a ping is unanswered.
    var owesAnswer: Bool { pings.owesAnswer }

    /// Whether a call that is sent now leaves at once, to a server that is still there.
    var hasRoom: Bool {
        guard !isFull, !isLeaving, !owesAnswer, let channel = context?.channel, channel.isWritable else { return false }
        // Unread bytes on an idle connection may announce its end; the next read will tell.
        return isBusy || channel.isQuiet
    }

    /// Opens a stream for the call; the connection must have room.
    func send(_ call: OpenCall, _ now: NIODeadline) {
        guard context != nil, !isBroken else { return call.fail(.notConnected) }
        hasCarriedCalls = true
        if calls.isEmpty { beginWatch(now) }
        call.sentAt = now
        call.slot = calls.count
        calls.append(call)
        call.rank = calls.count
        call.request.withHTTP2Head { fields in
            guard let stream = session.open(call, fields) else { return withdraw(call) }
            call.stream = stream
            // The fields are lent only for this closure, so the request must leave the session now.
            if collect(), !call.isWritten { withdraw(call) }
        }
        // Stream numbers are never reused.
        if call.stream > Int32.max - 2 { leave() }
        wrote()
    }

    /// Takes back a call that the session did not hand out at once, so that it is never written.
    private func withdraw(_ call: OpenCall) {
        guard holds(call) else { return }
        session.reset(call.stream, NGHTTP2_CANCEL)
        release(call)
        pool.handOver(call, .neverWritten)
        leave()
    }

    /// Schedules a flush for when everything that can be written has been written.
    func wrote() {
        guard !isNoted else { return }
        isNoted = true
        pool.wrote(on: self)
    }

    func flush() {
        isNoted = false
        // What is not written now leaves with the next flush. While the channel is full, replies to PINGs stay in the
        // session, which counts them.
        guard !isInSession, let context, context.channel.isWritable, collect(), unsent.readableBytes > 0 else { return }
        var bytes = exchange(&unsent, with: ByteBuffer())
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        // Reuses the memory, which TLS has copied, unless more bytes have arrived meanwhile.
        guard unsent.readableBytes == 0, bytes.capacity <= Self.writeBuffer else { return }
        bytes.clear()
        unsent = bytes
    }

    /// Collects the session's pending bytes; false if the session failed.
    private func collect() -> Bool {
        guard !isBroken else { return false }
        isInSession = true
        defer { isInSession = false }
        do throws(HTTP2Session.Failure) {
            try session.send { unsent.writeBytes($0) }
            return true
        } catch {
            breakOff()
            return false
        }
    }

    /// Collects the session's own frames, which end the streams that it found at fault and so make room for calls.
    ///
    /// If the server broke the rules for the whole connection, the last frame ends the connection.
    private func endIfOver() {
        guard context?.channel.isWritable == true, collect() else { return }
        guard session.isOver || (!isLeaving && !session.mayOpen) else { return }
        flush()
        breakOff()
    }

    func cancel(_ id: UInt64) -> Bool {
        guard let call = calls.first(where: { $0.request.id == id }) else { return false }
        drop(call, .cancelled)
        return true
    }

    func expire(_ now: NIODeadline) -> NIODeadline {
        var next = NIODeadline.distantFuture
        for call in calls {
            guard call.deadline <= now else {
                next = min(next, call.deadline)
                continue
            }
            drop(call, .timeout)
            // The call, and everything sent after it, is stuck in the kernel; none of it may arrive from now on.
            if let channel = context?.channel, channel.isStuck {
                pool.connector.suspect(channel)
                close(.connectionLost, lost: number)
                return .distantFuture
            }
            // Nothing has arrived since the call was sent: the connection may be dead, and must not swallow more calls.
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

    /// Schedules the check for when the server has been silent for long enough to ping it.
    private func beginWatch(_ now: NIODeadline) {
        busySince = now
        if let silence = pool.courtesy.silence { pool.look(by: now + silence) }
    }

    /// Pings a server that has been silent for long, closes a dead connection, and returns when to check again.
    private func watch(_ now: NIODeadline) -> NIODeadline {
        guard let context, let silence = pool.courtesy.silence, isBusy || owesAnswer else { return .distantFuture }
        let timeout = pool.limits.pingTimeout
        switch pings.step(now, silentSince: max(lastReadAt, busySince), after: silence, timeout: timeout) {
        case .wait(let moment): return moment
        case .ask:
            session.ping(number)
            wrote()
            return now + timeout
        case .giveUp:
            pool.connector.suspect(context.channel)
            close(.connectionLost, lost: number)
            return .distantFuture
        }
    }

    /// Replaces an old connection, and returns when to check again.
    private func replaceIfOld(_ now: NIODeadline) -> NIODeadline {
        if retiresAt <= now {
            isOld = true
            // It keeps working until there is another one; if none can be opened, the replacement is tried again later.
            retiresAt = now + pool.limits.connectTimeout + .seconds(30)
            pool.replace(self, now)
        }
        return isLeaving ? .distantFuture : retiresAt
    }

    func close(_ cause: TransportFailure.Cause) {
        close(cause, lost: nil)
    }

    /// As above; `connection` is its own number if the connection was lost.
    private func close(_ cause: TransportFailure.Cause, lost connection: UInt64?) {
        hasGivenUp = hasGivenUp || !calls.isEmpty
        for call in exchange(&calls, with: []) {
            session.release(call.stream)
            call.fail(cause, lost: connection)
        }
        incoming = nil
        leave()
    }

    /// The session failed, or the server broke the protocol.
    private func breakOff() {
        isBroken = true
        close(.connectionLost, lost: number)
    }

    /// Gives up the call and resets its stream.
    func drop(_ call: OpenCall, _ cause: TransportFailure.Cause) {
        guard holds(call) else { return }
        hasGivenUp = true
        session.reset(call.stream, NGHTTP2_CANCEL)
        release(call)
        wrote()
        call.fail(cause)
        rest()
    }

    /// Detaches the call from its stream, which may live on.
    func release(_ call: OpenCall) {
        session.release(call.stream)
        forget(call)
    }

    private func holds(_ call: OpenCall) -> Bool {
        calls.indices.contains(call.slot) && calls[call.slot] === call
    }

    /// Removes a call from the list; its stream is closed or no longer points to it.
    func forget(_ call: OpenCall) {
        if incoming?.call === call { incoming = nil }
        let last = calls.removeLast()
        guard last !== call else { return }
        last.slot = call.slot
        calls[call.slot] = last
    }

    /// Closes because it is no longer needed; no call was waiting for it.
    func retire() {
        hasCarriedCalls = true
        leave()
    }

    /// Accepts no more calls, and closes when none are left.
    func leave() {
        if !isLeaving {
            isLeaving = true
            pool.retired(self)
            // Trying again for the same calls would be futile.
            if !hasCarriedCalls, opened == nil { pool.failWaiting(.notConnected) }
        }
        rest()
    }

    /// If no calls are left, closes a leaving connection or marks it as idle.
    func rest() {
        guard calls.isEmpty else { return }
        if isLeaving { context?.channel.close(takingBackCalls: hasGivenUp) } else { idleSince = lastReadAt }
    }

    /// The server's SETTINGS have arrived, initial or updated.
    func settled() {
        if let opened = exchange(&opened, with: nil) {
            // The wait for them was no idleness.
            idleSince = .now()
            opened(self)
        } else {
            pool.streamsPerConnection = maximumStreams
        }
    }

    // MARK: ChannelInboundHandler

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isBroken else { return }
        let bytes = unwrapInboundIn(data)
        isInSession = true
        defer { isInSession = false }
        do throws(HTTP2Session.Failure) {
            try bytes.withUnsafeReadableBytes { bytes throws(HTTP2Session.Failure) in try session.receive(bytes) }
        } catch {
            breakOff()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        lastReadAt = .now()
        pings.heard()
        endIfOver()
        pool.dispatch(lastReadAt)
        if unsent.readableBytes > 0 { flush() }
        if calls.isEmpty {
            rest()
            pool.look(by: lastReadAt + pool.limits.idleTimeout)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return }
        endIfOver()
        flush()
        pool.dispatch()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(.connectionLost, lost: number)
    }

    func channelInactive(context: ChannelHandlerContext) {
        close(.connectionLost, lost: number)
        pool.closed(self)
        context.fireChannelInactive()
    }
}
