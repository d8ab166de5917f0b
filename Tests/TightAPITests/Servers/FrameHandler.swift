import NIOCore
import NIOHPACK
import NIOHTTP2

/// One connection of an `HTTP2FaultServer`.
final class FrameHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private let faults: [HTTP2Fault]
    private let log: ServerLog
    private let gate: Gate
    private let turnover: Turnover?
    private var begun = 0
    /// The heads of the requests whose bodies are still coming.
    private var open: [HTTP2StreamID: String] = [:]
    private var unanswered = 0
    private var afterPing: [HTTP2StreamID] = []
    private var afterTheirPing: [HTTP2StreamID] = []

    init(faults: [HTTP2Fault], log: ServerLog, gate: Gate, turnover: Turnover?) {
        self.faults = faults
        self.log = log
        self.gate = gate
        self.turnover = turnover
    }

    func channelActive(context: ChannelHandlerContext) {
        log.connected()
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        log.disconnected()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        let stream = frame.streamID
        switch frame.payload {
        case .headers(let payload):
            if let turnover, begun >= turnover.requests { return decline(stream, turnover, context) }
            begun += 1
            let head = payload.headers.map { "\($0.name): \($0.value)\n" }.joined() + "end: \(payload.endStream)"
            if payload.endStream { perform(head, stream, context) } else { open[stream] = head + "\n" }
        case .data(let payload):
            guard case .byteBuffer(let part) = payload.data, let sofar = open[stream] else { return }
            let request = sofar + String(buffer: part)
            open[stream] = payload.endStream ? nil : request
            if payload.endStream { return perform(request, stream, context) }
            write(.windowUpdate(windowSizeIncrement: part.readableBytes), stream, context)
            context.flush()
        case .ping(_, ack: true):
            for stream in afterPing { succeed(stream, context) }
            context.flush()
        case .ping(_, ack: false):
            log.pinged()
            for stream in afterTheirPing { succeed(stream, context) }
            afterTheirPing = []
            context.flush()
        case .rstStream: log.reset()
        default: break
        }
    }

    private func perform(_ request: String, _ stream: HTTP2StreamID, _ context: ChannelHandlerContext) {
        unanswered += 1
        let index = log.received(request, atOnce: unanswered)
        switch faults[min(index, faults.count - 1)] {
        case .success: succeed(stream, context)
        case .compressed(let body, let coding):
            unanswered -= 1
            write(.headers(.init(headers: [":status": "200", "content-encoding": coding])), stream, context)
            write(.data(.init(data: .byteBuffer(ByteBuffer(bytes: body)), endStream: true)), stream, context)
        case .largeSuccess(let size): succeed(stream, context, size: size)
        case .successBehindGate:
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            gate.arrive().hop(to: context.eventLoop).whenComplete { _ in
                let (handler, context) = bound.value
                handler.succeed(stream, context)
                context.flush()
            }
        case .successAfterPing:
            afterPing.append(stream)
            write(.ping(HTTP2PingData(withInteger: 7), ack: false), .rootStream, context)
        case .allow(let streams):
            let setting = HTTP2Setting(parameter: .maxConcurrentStreams, value: streams)
            write(.settings(.settings([setting])), .rootStream, context)
            succeed(stream, context)
        case .allowAndRefuse(let streams):
            let setting = HTTP2Setting(parameter: .maxConcurrentStreams, value: streams)
            write(.settings(.settings([setting])), .rootStream, context)
            write(.rstStream(.refusedStream), stream, context)
        case .complainThenSuccess:
            write(.goAway(lastStreamID: stream, errorCode: .enhanceYourCalm, opaqueData: nil), .rootStream, context)
            succeed(stream, context)
        case .successAfterTheirPing: afterTheirPing.append(stream)
        case .silence: break
        case .reset(let code): write(.rstStream(code), stream, context)
        case .resetInBody:
            write(.headers(.init(headers: [":status": "200", "content-length": "20"])), stream, context)
            write(.data(.init(data: .byteBuffer(ByteBuffer(string: #"{"result":"#)))), stream, context)
            write(.rstStream(.internalError), stream, context)
        case .goAwayUnprocessed: goAway(after: .rootStream, context)
        case .goAwayThenSuccess:
            goAway(after: stream, context)
            succeed(stream, context)
        case .goAwayAfterFirst: goAway(after: 1, context)
        case .close: context.close(promise: nil)
        }
        if begun == turnover?.requests { goAwayAndStayOpen(after: stream, context) }
        context.flush()
    }

    private func decline(_ stream: HTTP2StreamID, _ turnover: Turnover, _ context: ChannelHandlerContext) {
        log.declined()
        guard turnover.resets else { return }
        write(.rstStream(.refusedStream), stream, context)
        context.flush()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        log.failed(error)
        context.close(promise: nil)
    }

    private func succeed(_ stream: HTTP2StreamID, _ context: ChannelHandlerContext, size: Int = 0) {
        unanswered -= 1
        let head: HPACKHeaders = [":status": "200", "content-type": "application/json"]
        write(.headers(.init(headers: head)), stream, context)
        let text = #"{"result":"SUCCESS"}"#
        let body = ByteBuffer(string: text + String(repeating: " ", count: max(0, size - text.utf8.count)))
        write(.data(.init(data: .byteBuffer(body), endStream: true)), stream, context)
    }

    private func goAway(after last: HTTP2StreamID, _ context: ChannelHandlerContext) {
        write(.goAway(lastStreamID: last, errorCode: .noError, opaqueData: nil), .rootStream, context)
    }

    /// GOAWAY past our own HTTP/2 handler, which else takes every later stream for a breach and closes.
    private func goAwayAndStayOpen(after last: HTTP2StreamID, _ context: ChannelHandlerContext) {
        guard let handler = try? context.pipeline.syncOperations.context(handlerType: NIOHTTP2Handler.self) else {
            return context.close(promise: nil)
        }
        var frame = ByteBuffer(bytes: [0, 0, 8, 7, 0, 0, 0, 0, 0])
        frame.writeInteger(UInt32(Int(last)))
        frame.writeInteger(UInt32(0))
        handler.write(NIOAny(frame), promise: nil)
    }

    private func write(
        _ payload: HTTP2Frame.FramePayload,
        _ stream: HTTP2StreamID,
        _ context: ChannelHandlerContext
    ) {
        context.write(wrapOutboundOut(HTTP2Frame(streamID: stream, payload: payload)), promise: nil)
    }
}
