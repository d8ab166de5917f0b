import NIOCore
import NIOHTTP1
import NIOPosix

/// The loopback socket that accepts commands over plain HTTP.
final class AdminListener: Sendable {
    typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    /// More than any command needs.
    private static let longestBody = 1_024 * 1_024

    let port: Int
    private let serving: Task<Void, Never>

    init(port: Int, interface: AdminInterface) async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
        serving = Task {
            // Ends by cancellation, or with the socket, which is then of no further use.
            do {
                try await server.executeThenClose { connections in
                    try await withThrowingDiscardingTaskGroup { group in
                        for try await connection in connections {
                            group.addTask { await Self.serve(connection, interface) }
                        }
                    }
                }
            } catch {}
        }
        self.port = server.channel.localAddress?.port ?? port
    }

    func close() async {
        serving.cancel()
        await serving.value
    }

    private static func serve(_ connection: Connection, _ interface: AdminInterface) async {
        // A broken connection affects only its own client.
        try? await connection.executeThenClose { requests, answers in
            var head: HTTPRequestHead?
            var body = ByteBuffer()
            for try await part in requests {
                switch part {
                case .head(let received):
                    head = received
                    body.clear()
                case .body(var bytes):
                    guard body.readableBytes + bytes.readableBytes <= longestBody else { return }
                    body.writeBuffer(&bytes)
                case .end:
                    guard let head else { return }
                    let answer = await interface.answer(
                        method: head.method.rawValue,
                        uri: head.uri,
                        body: Array(body.readableBytesView)
                    ).closing(!head.isKeepAlive)
                    let answered = HTTPResponseHead(
                        version: .http1_1,
                        status: answer.status,
                        headers: answer.headers
                    )
                    try await answers.write(.head(answered))
                    try await answers.write(.body(.byteBuffer(ByteBuffer(bytes: answer.opening))))
                    try await answers.write(.end(nil))
                    if !head.isKeepAlive { return }
                }
            }
        }
    }
}
