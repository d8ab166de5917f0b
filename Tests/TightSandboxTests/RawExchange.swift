import NIOCore
import NIOPosix

/// What a caller sees on the wire: every byte that came, and how the connection ended.
struct RawExchange {
    enum End: Equatable {
        case closed
        case reset
        /// The caller had read enough and closed.
        case left
    }

    private(set) var text = ""
    private(set) var end = End.left

    /// Sends `request` as it stands, then reads until the other side ends it or `enough` bytes have come.
    init(_ request: String, port: Int, enough: Int = .max) async throws {
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        var bytes = ByteBuffer()
        var end = End.left
        do {
            try await connection.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: request))
                for try await part in inbound {
                    bytes.writeImmutableBuffer(part)
                    if bytes.readableBytes >= enough { return }
                }
                end = .closed
            }
        } catch let error as IOError where error.errnoCode == ECONNRESET {
            end = .reset
        }
        self.end = end
        text = String(buffer: bytes)
    }

    var statusLine: String { String(text.prefix { $0 != "\r\n" }) }

    var head: String { text.firstRange(of: "\r\n\r\n").map { String(text[..<$0.lowerBound]) } ?? text }

    var body: String { text.firstRange(of: "\r\n\r\n").map { String(text[$0.upperBound...]) } ?? "" }
}
