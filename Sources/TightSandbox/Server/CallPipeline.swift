import NIOCore
import NIOHPACK
import NIOHTTP1
import NIOHTTP2
import NIOSSL

/// Sets up a new connection for calls, over HTTP/1.1 or HTTP/2 as negotiated by TLS.
struct CallPipeline: Sendable {
    let ledger: CallLedger
    let tokens: TokenLedger
    /// Nil for plain HTTP/1.1.
    let tls: NIOSSLContext?
    let maxConcurrentStreams: Int

    func configure(_ channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(ConnectionEnd())
            if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
        }.flatMap {
            guard tls != nil else { return configureHTTP1(channel) }
            return channel.configureHTTP2SecureUpgrade(
                h2ChannelConfigurator: configureHTTP2,
                http1ChannelConfigurator: configureHTTP1
            )
        }
    }

    private func configureHTTP1(_ channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.configureHTTPServerPipeline()
            try pipeline.addHandler(CallHandler(ledger: ledger, tokens: tokens, httpVersion: "1.1"))
        }
    }

    private func configureHTTP2(_ channel: any Channel) -> EventLoopFuture<Void> {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: maxConcurrentStreams),
            HTTP2Setting(parameter: .maxHeaderListSize, value: 16 * 1_024),
        ]
        return channel.configureHTTP2Pipeline(
            mode: .server,
            connectionConfiguration: connection,
            streamConfiguration: .init()
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                let pipeline = stream.pipeline.syncOperations
                try pipeline.addHandler(AuthorityFromHost())
                try pipeline.addHandler(HTTP2FramePayloadToHTTP1ServerCodec())
                try pipeline.addHandler(CallHandler(ledger: ledger, tokens: tokens, httpVersion: "2"))
            }
        }.flatMapThrowing { _ in
            try channel.pipeline.syncOperations.addHandler(ClosingOnError())
        }
    }
}

/// Closes a connection whose other side broke the protocol.
private final class ClosingOnError: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

/// Uses `host` as `:authority` if a request has none.
///
/// RFC 7540 section 8.1.2.3 let gateways leave it out when they turn an HTTP/1.1 request into an HTTP/2 one, as HAProxy
/// does, and RFC 9113 section 8.3.1 does not list it as mandatory, but the codec behind this handler refuses such a
/// request.
final class AuthorityFromHost: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .headers(var frame) = unwrapInboundIn(data), !frame.headers.contains(name: ":authority"),
            frame.headers.contains(name: ":method"), let host = frame.headers.first(name: "host")
        else { return context.fireChannelRead(data) }
        // Pseudo-header fields come first (section 8.3).
        var headers = HPACKHeaders([(":authority", host)])
        headers.add(contentsOf: frame.headers)
        frame.headers = headers
        context.fireChannelRead(wrapInboundOut(.headers(frame)))
    }
}
