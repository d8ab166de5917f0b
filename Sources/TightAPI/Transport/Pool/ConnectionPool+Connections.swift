import NIOCore

/// Connections come and go.
extension ConnectionPool {
    /// Opens as many connections as the waiting calls need.
    ///
    /// Until it is known what the server speaks, that is one: over HTTP/2 it can carry them all.
    func openConnections(_ now: NIODeadline) {
        guard !isShutDown else { return }
        let inUse = connections.values.count { !$0.isLeaving } + attempts.count
        let wanted = min(connectionsNeeded - attempts.count, limits.maximumConnections - inUse)
        for _ in 0..<max(0, wanted) {
            let attempt = ConnectionAttempt(self, deadline: now + limits.connectTimeout)
            attempts.append(attempt)
            channels += 1
            attempt.begin()
        }
    }

    private var connectionsNeeded: Int {
        switch version {
        case nil: return 1
        case .http1: return waiting.count
        case .http2:
            // A server that allows no streams just now, or is slow to read, is not helped by more connections.
            guard shared.allSatisfy(\.isFull) else { return 0 }
            guard streamsPerConnection > 0 else { return shared.isEmpty ? 1 : 0 }
            return (waiting.count + streamsPerConnection - 1) / streamsPerConnection
        }
    }

    func opened(_ connection: HTTP1Connection, by attempt: ConnectionAttempt) {
        guard take(connection, of: attempt) else { return }
        version = .http1
        idle.append(connection)
        dispatch()
    }

    func opened(_ connection: HTTP2Connection, by attempt: ConnectionAttempt) {
        guard take(connection, of: attempt) else { return }
        version = .http2
        streamsPerConnection = connection.maximumStreams
        shared.append(connection)
        // Its first calls are dispatched when the rest of what the server sent is read.
    }

    private func take(_ connection: any Connection, of attempt: ConnectionAttempt) -> Bool {
        attempts.removeAll { $0 === attempt }
        guard !isShutDown else {
            connection.close(.cancelled)
            return false
        }
        connections[ObjectIdentifier(connection)] = connection
        look(by: .now() + limits.idleTimeout)
        return true
    }

    /// Fails the calls that the attempt was made for: no other is made for them.
    ///
    /// When to try again is the scheduler's to decide, and it needs to hear of an outage at once.
    func failed(_ attempt: ConnectionAttempt, _ cause: TransportFailure.Cause) {
        attempts.removeAll { $0 === attempt }
        failWaiting(cause)
    }

    /// Fails as many waiting calls as one connection would have carried; all, if there is no other one left.
    func failWaiting(_ cause: TransportFailure.Cause) {
        let isLastHope = attempts.isEmpty && connections.values.allSatisfy(\.isLeaving)
        let carried = version == .http2 ? max(1, streamsPerConnection) : 1
        for _ in 0..<(isLastHope ? waiting.count : min(carried, waiting.count)) {
            waiting.popFirst()?.fail(cause)
        }
    }

    /// The connection takes calls again.
    func released(_ connection: HTTP1Connection) {
        idle.append(connection)
        look(by: .now() + limits.idleTimeout)
    }

    /// The connection takes no more calls.
    func retired(_ connection: any Connection) {
        idle.removeAll { $0 === connection }
        shared.removeAll { $0 === connection }
    }

    /// The connection is no more.
    func closed(_ connection: any Connection) {
        connections[ObjectIdentifier(connection)] = nil
        if !waiting.isEmpty { dispatch() }
    }
}
