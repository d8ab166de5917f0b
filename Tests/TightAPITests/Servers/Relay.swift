import NIOCore
import NIOPosix
import Synchronization

/// Stands between a client and a server, and can forget the connections that go through it as a NAT does: nothing passes
/// any more, and neither side is told.
final class Relay: Sendable {
    let port: Int
    private let channel: any Channel
    private let state: RelayState

    /// One element for each piece that is swallowed.
    let swallowed: AsyncStream<Void>

    init(to target: Int) async throws {
        let (swallowed, continuation) = AsyncStream<Void>.makeStream()
        let state = RelayState(continuation)
        self.swallowed = swallowed
        self.state = state
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { near in
                let epoch = state.epoch
                return ClientBootstrap(group: near.eventLoop)
                    .channelInitializer { far in
                        far.eventLoop.makeCompletedFuture {
                            try far.pipeline.syncOperations.addHandler(PassOn(to: near, epoch, state))
                            try near.pipeline.syncOperations.addHandler(PassOn(to: far, epoch, state))
                        }
                    }
                    .connect(host: "127.0.0.1", port: target)
                    .flatMap { _ in near.setOption(.autoRead, value: true) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    /// Forgets the connections that there are; those that follow are passed on.
    func forget() {
        state.forget()
    }

    func close() async throws {
        try await channel.close()
    }
}

private final class RelayState: Sendable {
    private let current = Mutex(0)
    private let swallowing: AsyncStream<Void>.Continuation

    init(_ swallowing: AsyncStream<Void>.Continuation) {
        self.swallowing = swallowing
    }

    var epoch: Int { current.withLock { $0 } }

    func forget() {
        current.withLock { $0 += 1 }
    }

    func swallow() {
        swallowing.yield()
    }
}

private final class PassOn: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel
    private let epoch: Int
    private let state: RelayState

    init(to other: any Channel, _ epoch: Int, _ state: RelayState) {
        self.other = other
        self.epoch = epoch
        self.state = state
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard state.epoch == epoch else { return state.swallow() }
        other.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        // Who is forgotten hears nothing of the other side's end either.
        if state.epoch == epoch { other.close(promise: nil) }
    }
}
