import NIOCore
import NIOPosix
import Synchronization

/// Stands between a client and a server, and holds what the server says behind the handshake until it is told otherwise.
final class HoldingRelay: Sendable {
    let port: Int
    private let channel: any Channel
    private let lines: HeldLines

    /// One element for each connection on which something is held.
    let holding: AsyncStream<Void>

    init(to target: Int) async throws {
        let (holding, continuation) = AsyncStream<Void>.makeStream()
        let lines = HeldLines()
        self.holding = holding
        self.lines = lines
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { near in
                let line = HeldLine(to: near, continuation)
                lines.add(line)
                return ClientBootstrap(group: near.eventLoop)
                    .channelInitializer { far in
                        far.eventLoop.makeCompletedFuture {
                            try far.pipeline.syncOperations.addHandler(FromServer(line))
                            try near.pipeline.syncOperations.addHandler(FromClient(line, to: far))
                        }
                    }
                    .connect(host: "127.0.0.1", port: target)
                    .flatMap { _ in near.setOption(.autoRead, value: true) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    /// Passes on nothing more of what the client says on the connection, counted from zero.
    func mute(_ index: Int) {
        lines.line(index)?.mute()
    }

    /// Passes on what is held of the connection, and all that follows.
    func release(_ index: Int) {
        lines.line(index)?.release()
    }

    func close() async throws {
        try await channel.close()
    }
}

private final class HeldLines: Sendable {
    private let lines = Mutex([HeldLine]())

    func add(_ line: HeldLine) {
        lines.withLock { $0.append(line) }
    }

    func line(_ index: Int) -> HeldLine? {
        lines.withLock { $0.indices.contains(index) ? $0[index] : nil }
    }
}

/// One connection of a `HoldingRelay`.
private final class HeldLine: Sendable {
    private struct State {
        var hasServerSpoken = false
        var isHolding = false
        var isReleased = false
        var isMuted = false
        var held: [ByteBuffer] = []
    }

    private let state = Mutex(State())
    private let near: any Channel
    private let holding: AsyncStream<Void>.Continuation

    init(to near: any Channel, _ holding: AsyncStream<Void>.Continuation) {
        self.near = near
        self.holding = holding
    }

    func mute() {
        state.withLock { $0.isMuted = true }
    }

    func release() {
        // On the event loop, so that nothing overtakes what is held.
        near.eventLoop.execute {
            let held = self.state.withLock { state in
                state.isReleased = true
                state.isHolding = false
                let held = state.held
                state.held = []
                return held
            }
            for piece in held { self.near.writeAndFlush(piece, promise: nil) }
        }
    }

    /// Whether what the client said may pass; a client that speaks again ends its handshake.
    func clientSpoke() -> Bool {
        state.withLock { state in
            if state.hasServerSpoken, !state.isReleased { state.isHolding = true }
            return !state.isMuted
        }
    }

    func serverSpoke(_ piece: ByteBuffer) {
        let (isHeld, isFirst) = state.withLock { state in
            state.hasServerSpoken = true
            guard state.isHolding else { return (false, false) }
            state.held.append(piece)
            return (true, state.held.count == 1)
        }
        if isFirst { holding.yield() }
        if !isHeld { near.writeAndFlush(piece, promise: nil) }
    }

    func serverLeft() {
        if state.withLock({ !$0.isHolding }) { near.close(promise: nil) }
    }
}

private final class FromServer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let line: HeldLine

    init(_ line: HeldLine) {
        self.line = line
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        line.serverSpoke(unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) {
        line.serverLeft()
    }
}

private final class FromClient: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let line: HeldLine
    private let far: any Channel

    init(_ line: HeldLine, to far: any Channel) {
        self.line = line
        self.far = far
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let piece = unwrapInboundIn(data)
        if line.clientSpoke() { far.writeAndFlush(piece, promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        far.close(promise: nil)
    }
}
