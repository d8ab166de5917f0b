import NIOCore
import NIOHTTP1

/// Handles the calls of one HTTP/1.1 connection, or the one call of an HTTP/2 stream.
///
/// The body of a refresh is read and dropped as it arrives; an answer is written only as fast as the caller reads it.
final class CallHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// The call in progress on the connection.
    private struct Call {
        enum Matter {
            /// Refused, with nothing to record.
            case refusal(Answer)
            case refresh(RequestOrder)
            /// A token request, with the part of its body that has arrived.
            case form([UInt8])
            case renewal(RequestOrder)
        }

        var matter: Matter
        let keepsAlive: Bool
        let isHead: Bool
        var bodyBytes = 0
        var timer: Scheduled<Void>?
        /// Filler bytes that are not written yet; nil before the answer has begun.
        var fillerLeft: Int?
        var answer: Answer?
    }

    private static let refreshPath = "/rest/v5/banks/refresh"
    private static let tokenPath = "/rest/v5/auth/token"
    /// More than any form needs.
    private static let longestForm = 65_536
    private static let filler = ByteBuffer(repeating: UInt8(ascii: "a"), count: 16 * 1_024)

    private let ledger: CallLedger
    private let tokens: TokenLedger
    private let httpVersion: String
    private var call: Call?

    init(ledger: CallLedger, tokens: TokenLedger, httpVersion: String) {
        self.ledger = ledger
        self.tokens = tokens
        self.httpVersion = httpVersion
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): call = receive(head)
        case .body(let bytes): receive(bytes)
        case .end: decide(context: context)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { writeFiller(context: context) }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        call?.timer?.cancel()
        book(.givenUp, status: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    // MARK: The request

    private func receive(_ head: HTTPRequestHead) -> Call {
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts.first.map(String.init)
        let matter: Call.Matter
        if path != Self.refreshPath, path != Self.tokenPath {
            ledger.count(\.wrongPaths)
            matter = .refusal(.error(.notFound, "Not found."))
        } else if head.method != .POST {
            ledger.count(\.wrongMethods)
            matter = .refusal(.error(.methodNotAllowed, "Method not allowed.", [("Allow", "POST")]))
        } else if path == Self.tokenPath {
            matter =
                Self.isForm(head.headers["Content-Type"])
                ? .form([]) : .refusal(.error(.unsupportedMediaType, "application/x-www-form-urlencoded is expected."))
        } else {
            let order = ledger.begin(
                token: Self.bearerToken(head.headers["Authorization"]),
                httpVersion: httpVersion,
                queryBytes: parts.count > 1 ? parts[1].utf8.count : 0
            )
            matter = order.map { .refresh($0) } ?? .refusal(Reaction.refusal(during: ledger.outage))
        }
        return Call(
            matter: matter,
            keepsAlive: httpVersion == "2" || head.isKeepAlive,
            isHead: head.method == .HEAD
        )
    }

    private func receive(_ bytes: ByteBuffer) {
        call?.bodyBytes += bytes.readableBytes
        guard case .form(var form) = call?.matter else { return }
        // Taken out first, so that a long form is not copied for each of its parts.
        call?.matter = .form([])
        form += bytes.readableBytesView
        call?.matter =
            form.count <= Self.longestForm ? .form(form) : .refusal(.error(.payloadTooLarge, "The form is too long."))
    }

    private static func isForm(_ types: [String]) -> Bool {
        guard types.count == 1, let type = types[0].split(separator: ";").first else { return false }
        return type.lowercased().filter { $0 != " " } == "application/x-www-form-urlencoded"
    }

    /// Reads a bearer token; the scheme's name is case-insensitive (RFC 9110 section 11.1).
    private static func bearerToken(_ values: [String]) -> TokenFingerprint? {
        guard values.count == 1, let value = values.first else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return TokenFingerprint(of: Array(parts[1].utf8))
    }

    private func decide(context: ChannelHandlerContext) {
        switch call?.matter {
        case nil, .renewal: break
        case .refusal(let refusal): send(refusal, context: context)
        case .refresh(let order):
            ledger.read(order)
            after(order.delay, context: context) { Reaction(order.behaviour, to: order) }
        case .form(let form):
            let request = TokenRequest(TokenForm(form))
            let order = tokens.begin(request, httpVersion: httpVersion, outage: ledger.outage)
            call?.matter = .renewal(order)
            // The tokens are exchanged now if the answer to that is lost or late, otherwise when the answer is due.
            let settled: Answer? = if case .traded = order.behaviour { tokens.settle(order, request) } else { nil }
            after(order.delay, context: context) { [tokens] in
                Reaction(order.behaviour, to: order) { settled ?? tokens.settle(order, request) }
            }
        }
    }

    private func after(_ delay: Duration, context: ChannelHandlerContext, _ reaction: @escaping () -> Reaction) {
        guard delay > .zero else { return react(reaction(), context: context) }
        call?.timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) {
            self.react(reaction(), context: context)
        }
    }

    // MARK: The answer

    private func react(_ reaction: Reaction, context: ChannelHandlerContext) {
        switch reaction {
        case .silence: break
        case .answer(let answer): send(answer, context: context)
        case .close:
            book(.cutOff, status: nil)
            context.close(promise: nil)
        case .reset:
            book(.cutOff, status: nil)
            // An HTTP/2 connection also carries other users' calls: only the stream is reset.
            if let end = try? context.pipeline.syncOperations.handler(type: ConnectionEnd.self) {
                end.reset()
            } else {
                context.close(promise: nil)
            }
        }
    }

    private func send(_ answer: Answer, context: ChannelHandlerContext) {
        guard let call else { return }
        var answer = answer.closing(!call.keepsAlive)
        if call.isHead { answer = answer.withoutBody() }
        self.call?.answer = answer
        self.call?.fillerLeft = answer.filler
        let head = HTTPResponseHead(version: .http1_1, status: answer.status, headers: answer.headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        guard !answer.endsEarly else { return breakOff(answer, context: context) }
        if !answer.opening.isEmpty { write(ByteBuffer(bytes: answer.opening), context: context) }
        writeFiller(context: context)
    }

    private func breakOff(_ answer: Answer, context: ChannelHandlerContext) {
        book(.cutOff, status: Int(answer.status.code))
        let part = wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.opening))))
        context.writeAndFlush(part).assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    }

    private func writeFiller(context: ChannelHandlerContext) {
        guard let answer = call?.answer, var left = call?.fillerLeft else { return }
        while left > 0 {
            guard context.channel.isWritable else {
                call?.fillerLeft = left
                return context.flush()
            }
            let count = min(left, Self.filler.readableBytes)
            write(Self.filler.getSlice(at: 0, length: count) ?? Self.filler, context: context)
            left -= count
        }
        finish(answer, context: context)
    }

    private func finish(_ answer: Answer, context: ChannelHandlerContext) {
        let closes = call?.keepsAlive == false
        if !answer.closing.isEmpty { write(ByteBuffer(bytes: answer.closing), context: context) }
        book(.answered, status: Int(answer.status.code))
        let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        // A close would drop what the socket has not accepted yet.
        if closes { written.assumeIsolated().whenComplete { _ in context.close(promise: nil) } }
    }

    private func write(_ bytes: ByteBuffer, context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
    }

    /// Records the end of the call, once.
    private func book(_ ending: CallRecord.Ending, status: Int?) {
        guard let call else { return }
        self.call = nil
        switch call.matter {
        case .refusal, .form: break
        case .refresh(let order): ledger.end(order, ending, status: status, bodyBytes: call.bodyBytes)
        case .renewal(let order): tokens.end(order, ending, status: status)
        }
    }
}
