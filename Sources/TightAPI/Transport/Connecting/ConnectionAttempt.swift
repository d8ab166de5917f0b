import NIOCore
import RefreshCore

/// A connection being established: TCP, then, as needed, the proxy's tunnel, TLS, and the server's SETTINGS.
final class ConnectionAttempt {
    /// When the whole attempt must be complete.
    let deadline: NIODeadline
    /// Whether it replaces an old connection, so that no call waits for it.
    let isSuccessor: Bool
    private let pool: ConnectionPool
    private let establishment: Establishment
    private var channel: (any Channel)?
    private var isOver = false

    init(_ pool: ConnectionPool, deadline: NIODeadline, isSuccessor: Bool) {
        self.pool = pool
        establishment = Establishment(pool.connector)
        self.deadline = deadline
        self.isSuccessor = isSuccessor
    }

    /// What stands in the way at the moment.
    var hindrance: TransportFailure.Cause { establishment.hindrance }

    func begin() {
        pool.connector.connect().assumeIsolated().whenComplete { result in
            switch result {
            case .success(let channel): self.connected(channel)
            case .failure(let error):
                self.fail(TransportFailure.Cause(connecting: error, hasProxy: self.pool.connector.proxy != nil))
                self.pool.channelEnded()
            }
        }
    }

    /// Ends an attempt that has timed out or is no longer needed.
    func giveUp() {
        fail(hindrance)
    }

    func fail(_ cause: TransportFailure.Cause) {
        guard !isOver else { return }
        isOver = true
        establishment.end()
        if let channel {
            pool.connector.suspect(channel)
            channel.close(promise: nil)
        }
        pool.failed(self, cause)
    }

    private func connected(_ channel: any Channel) {
        channel.closeFuture.assumeIsolated().whenComplete { _ in self.pool.channelEnded() }
        guard !isOver else { return channel.close(promise: nil) }
        self.channel = channel
        channel.setTakesBackUnsent(true)
        do {
            try pool.connector.vigilance.watch(channel)
            try establishment.begin(on: channel) { self.take($0) }
        } catch {
            fail(hindrance)
        }
    }

    private func take(_ event: Establishment.Event) {
        switch event {
        case .tunnelled: break
        case .established(let chosen):
            do {
                if chosen == "h2" { try speakHTTP2() } else { try speakHTTP1() }
            } catch {
                fail(.notConnected)
            }
        case .failed(let cause): fail(cause)
        }
    }

    private func speakHTTP1() throws {
        guard let channel else { return }
        let connection = HTTP1Connection(pool)
        try connection.add(to: channel)
        finish()
        pool.opened(connection, by: self)
    }

    /// Waits for the server's SETTINGS, which limit the number of concurrent calls.
    private func speakHTTP2() throws {
        guard let channel else { return }
        let connection = try HTTP2Connection(pool) { connection in
            // TLS goes on reading while it closes, so SETTINGS can arrive after the attempt was given up.
            guard !self.isOver else { return connection.retire() }
            self.finish()
            self.pool.opened(connection, by: self)
        }
        try connection.add(to: channel)
    }

    private func finish() {
        isOver = true
        establishment.leave()
    }
}
