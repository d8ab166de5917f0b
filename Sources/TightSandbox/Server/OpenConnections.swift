import NIOCore
import Synchronization

/// The connections that are open, so that stopping closes them.
final class OpenConnections: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

    func add(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        channels.withLock { $0[id] = channel }
        channel.closeFuture.whenComplete { [weak self] _ in
            self?.channels.withLock { $0[id] = nil }
        }
    }

    /// Closes all of them at once, without TLS's goodbye, which waits for the other side.
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
