import NIOCore
import NIOHTTP2
import NIOPosix
import NIOSSL

/// An HTTP/2 server that speaks frames and misbehaves as told, request by request; the last fault is kept up.
struct HTTP2FaultServer {
    let log = ServerLog()
    let port: Int
    private let channel: any Channel

    /// A server that takes so many streams at once and lets that many bytes of a body come before it has read them.
    init(
        _ faults: HTTP2Fault...,
        streams: Int = 100,
        window: Int = 65_535,
        gate: Gate = Gate(1),
        turnover: Turnover? = nil,
        tls: NIOSSLContext
    ) async throws {
        let log = log
        let settings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: streams),
            HTTP2Setting(parameter: .initialWindowSize, value: window),
        ]
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOSSLServerHandler(context: tls),
                        NIOHTTP2Handler(mode: .server, initialSettings: settings),
                        FrameHandler(faults: faults, log: log, gate: gate, turnover: turnover),
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
