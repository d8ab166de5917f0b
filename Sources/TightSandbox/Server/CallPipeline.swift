import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOSSL

/// Turns a fresh connection into one that takes calls, over HTTP/1.1 or HTTP/2 as TLS agreed.
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
