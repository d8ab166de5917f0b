import NIOCore
import NIOTLS
import RefreshCore

/// A connection being established: TCP, then, as needed, the proxy's tunnel, TLS, and the server's SETTINGS.
final class ConnectionAttempt: Establishing {
    private enum Stage {
        case connecting, tunnelling, handshaking
        /// HTTP/2 waits for the server's SETTINGS, which limit the number of concurrent calls.
        case settling
        case over
    }

    /// When the whole attempt must be complete.
    let deadline: NIODeadline
    /// Whether it replaces an old connection, so that no call waits for it.
    let isSuccessor: Bool
    private let pool: ConnectionPool
    private var stage = Stage.connecting
    private var channel: (any Channel)?
    private var watch: EstablishingHandler?
    private var tls: WatchedTLS?

    init(_ pool: ConnectionPool, deadline: NIODeadline, isSuccessor: Bool) {
        self.pool = pool
        self.deadline = deadline
        self.isSuccessor = isSuccessor
    }

    /// What stands in the way at the current stage.
    var hindrance: TransportFailure.Cause {
        switch stage {
        case .connecting: pool.connector.proxy == nil ? .notConnected : .proxy(.notReached)
        case .tunnelling: .proxy(.noAnswer)
        case .handshaking: .handshakeFailed
        case .settling, .over: .notConnected
        }
    }

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
        guard stage != .over else { return }
        stage = .over
        if let channel {
            pool.connector.suspect(channel)
            channel.close(promise: nil)
        }
        pool.failed(self, cause)
    }

    private func connected(_ channel: any Channel) {
        channel.closeFuture.assumeIsolated().whenComplete { _ in self.pool.channelEnded() }
        guard stage != .over else { return channel.close(promise: nil) }
        self.channel = channel
        channel.setTakesBackUnsent(true)
        do {
            try pool.connector.watch(channel)
            let watch = EstablishingHandler(self)
            self.watch = watch
            try channel.pipeline.syncOperations.addHandler(watch)
            if pool.connector.proxy == nil {
                try secure()
            } else {
                stage = .tunnelling
                let tunnel = pool.connector.makeTunnelHandler { self.tunnelled($0) }
                try channel.pipeline.syncOperations.addHandler(tunnel, position: .first)
            }
        } catch {
            fail(hindrance)
        }
    }

    private func tunnelled(_ hindrance: TransportFailure.Cause?) {
        if let hindrance { return fail(hindrance) }
        do {
            try secure()
        } catch {
            fail(self.hindrance)
        }
    }

    private func secure() throws {
        guard let tls = try pool.connector.makeTLS() else { return try speakHTTP1() }
        stage = .handshaking
        self.tls = tls
        try channel?.pipeline.syncOperations.addHandler(tls.handler, position: .first)
    }

    func secured(_ chosen: String?) {
        guard stage == .handshaking else { return }
        do {
            if chosen == "h2" { try speakHTTP2() } else { try speakHTTP1() }
        } catch {
            fail(.notConnected)
        }
    }

    private func speakHTTP1() throws {
        guard let channel else { return }
        let connection = HTTP1Connection(pool)
        try connection.add(to: channel)
        finish()
        pool.opened(connection, by: self)
    }

    private func speakHTTP2() throws {
        guard let channel else { return }
        stage = .settling
        let connection = try HTTP2Connection(pool) { connection in
            // TLS goes on reading while it closes, so SETTINGS can arrive after the attempt was given up.
            guard self.stage == .settling else { return connection.retire() }
            self.finish()
            self.pool.opened(connection, by: self)
        }
        try connection.add(to: channel)
    }

    private func finish() {
        stage = .over
        guard let watch = exchange(&watch, with: nil) else { return }
        channel?.pipeline.syncOperations.removeHandler(watch, promise: nil)
    }

    func lost(_ error: (any Error)?) {
        switch stage {
        case .tunnelling: fail(.proxy(.noAnswer))
        case .handshaking:
            guard let error else { return fail(.handshakeFailed) }
            fail(TransportFailure.Cause(establishing: error, tls: tls))
        // In TLS 1.3, a server that refuses the client says so after the client has completed its handshake.
        case .settling: fail(error.flatMap { TransportFailure.Cause(alert: $0) } ?? .notConnected)
        case .connecting, .over: fail(.notConnected)
        }
    }
}
