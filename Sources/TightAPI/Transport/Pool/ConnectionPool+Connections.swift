import NIOCore

/// How connections are opened, replaced and closed.
extension ConnectionPool {
    /// Only one until the server's protocol is known: over HTTP/2, one can carry all calls.
    func openConnections(_ now: NIODeadline) {
        guard !isShutDown else { return }
        let inUse = connections.values.count { !$0.isLeaving } + attempts.count
        let wanted = min(connectionsNeeded - attempts.count, limits.maximumConnections - inUse)
        for _ in 0..<max(0, wanted) { open(now) }
    }

    private func open(_ now: NIODeadline, asSuccessor isSuccessor: Bool = false) {
        let attempt = ConnectionAttempt(self, deadline: now + limits.connectTimeout, isSuccessor: isSuccessor)
        attempts.append(attempt)
        channels += 1
        attempt.begin()
        if isSuccessor { look(by: attempt.deadline) }
    }

    private var connectionsNeeded: Int {
        switch version {
        case nil: return 1
        // A resting connection is ready sooner than a new one.
        case .http1: return waiting.count - idle.count
        case .http2:
            // More connections do not help a server that allows no streams at the moment or is slow to read.
            guard shared.allSatisfy({ $0.isFull || $0.owesAnswer }) else { return 0 }
            guard streamsPerConnection > 0 else { return shared.isEmpty ? 1 : 0 }
            return (waiting.count + streamsPerConnection - 1) / streamsPerConnection
        }
    }

    func opened(_ connection: HTTP1Connection, by attempt: ConnectionAttempt) {
        guard take(connection, of: attempt) else { return }
        version = .http1
        retireOldConnections()
        idle.append(connection)
        dispatch()
    }

    func opened(_ connection: HTTP2Connection, by attempt: ConnectionAttempt) {
        guard take(connection, of: attempt) else { return }
        version = .http2
        streamsPerConnection = connection.maximumStreams
        retireOldConnections()
        // It may have grown too old while it waited for the SETTINGS.
        guard !connection.isLeaving else { return dispatch() }
        shared.append(connection)
        // Its first calls are dispatched once the rest of the received bytes is read.
    }

    private func take(_ connection: any Connection, of attempt: ConnectionAttempt) -> Bool {
        attempts.removeAll { $0 === attempt }
        guard !isShutDown else {
            connection.close(.cancelled)
            return false
        }
        connections[ObjectIdentifier(connection)] = connection
        look(by: connection.expire(.now()))
        return true
    }

    /// Fails the calls that the attempt was made for; no further attempt is made for them.
    ///
    /// The scheduler decides when to try again, and must learn of an outage at once.
    func failed(_ attempt: ConnectionAttempt, _ cause: TransportFailure.Cause) {
        attempts.removeAll { $0 === attempt }
        // No call waited for a successor, and the old connection still works.
        if attempt.isSuccessor, connections.values.contains(where: { !$0.isLeaving }) { return dispatch() }
        failWaiting(cause)
    }

    /// Fails as many waiting calls as one connection would carry; all of them if no other connection is left.
    func failWaiting(_ cause: TransportFailure.Cause) {
        let isLastHope = attempts.isEmpty && connections.values.allSatisfy(\.isLeaving)
        let carried = version == .http2 ? max(1, streamsPerConnection) : 1
        for _ in 0..<(isLastHope ? waiting.count : min(carried, waiting.count)) {
            waiting.popFirst()?.fail(cause)
        }
    }

    /// The connection accepts calls again; `moment` is when to check it.
    func released(_ connection: HTTP1Connection, lookBy moment: NIODeadline) {
        idle.append(connection)
        look(by: moment)
    }

    // MARK: Age

    /// Retires an old connection, after opening a successor first if there is work for one.
    func replace(_ connection: HTTP2Connection, _ now: NIODeadline) {
        let others = connections.values.filter { $0 !== connection && !$0.isLeaving }
        let isNeeded = connection.isBusy || !waiting.isEmpty
        let hasSuccessor = shared.contains { $0 !== connection && !$0.isOld }
        guard isNeeded, !hasSuccessor, others.count + attempts.count + 1 < limits.maximumConnections else {
            return connection.retire()
        }
        if !attempts.contains(where: \.isSuccessor) { open(now, asSuccessor: true) }
    }

    private func retireOldConnections() {
        for old in shared where old.isOld { old.retire() }
    }

    /// Retires every connection; calls in flight keep theirs.
    ///
    /// While the machine was suspended, the other side may have given a connection up, and could not say so.
    func retireAll() {
        // Both lists first, as a close can call back into the pool.
        let resting = exchange(&idle, with: [])
        for connection in exchange(&shared, with: []) { connection.retire() }
        for connection in resting { connection.close(.connectionLost) }
    }

    /// The connection takes no more calls.
    func retired(_ connection: any Connection) {
        idle.removeAll { $0 === connection }
        shared.removeAll { $0 === connection }
    }

    /// The connection is closed.
    func closed(_ connection: any Connection) {
        connections[ObjectIdentifier(connection)] = nil
        if !waiting.isEmpty { dispatch() }
    }
}
