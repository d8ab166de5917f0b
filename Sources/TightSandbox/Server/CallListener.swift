import NIOCore
import NIOPosix
import Synchronization

/// The socket that accepts calls; it can be closed and opened again on the same port.
actor CallListener {
    private let pipeline: CallPipeline
    private let host: String
    private let connections = OpenConnections()
    private var socket: (any Channel)?
    /// The requested port, and after opening the actual one.
    private(set) var port: Int

    init(host: String, port: Int, pipeline: CallPipeline) {
        self.host = host
        self.port = port
        self.pipeline = pipeline
    }

    /// Begins to listen; does nothing if it already does.
    func open() async throws {
        guard socket == nil else { return }
        let (pipeline, connections) = (pipeline, connections)
        let opened = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 4_096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                connections.add(channel)
                return pipeline.configure(channel)
            }
            .bind(host: host, port: port).get()
        socket = opened
        port = opened.localAddress?.port ?? port
    }

    /// Stops listening and closes every connection.
    func close() async {
        try? await socket?.close().get()
        socket = nil
        await connections.closeAll()
    }
}

/// The open connections, so that stopping can close them.
final class OpenConnections: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

    func add(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        channels.withLock { $0[id] = channel }
        channel.closeFuture.whenComplete { [weak self] _ in
            self?.channels.withLock { $0[id] = nil }
        }
    }

    /// Closes all of them at once, without TLS's close_notify, which would wait for the other side.
    func closeAll() async {
        let open = channels.withLock { Array($0.values) }
        for channel in open {
            channel.eventLoop.execute {
                if let end = try? channel.pipeline.syncOperations.handler(type: ConnectionEnd.self) {
                    end.cut()
                } else {
                    channel.close(promise: nil)
                }
            }
        }
        for channel in open {
            try? await channel.closeFuture.get()
        }
    }
}
