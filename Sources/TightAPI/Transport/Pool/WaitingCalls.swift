import NIOCore

/// Calls that wait for a connection, oldest first.
typealias WaitingCalls = CircularBuffer<OpenCall>

extension WaitingCalls {
    /// Ends calls at the front that are too late to begin, and says whether one is left.
    mutating func hasOneInTime() -> Bool {
        while let first {
            guard first.isLate else { return true }
            removeFirst()
            first.fail(.late)
        }
        return false
    }

    /// Removes and returns the call, if it is here.
    mutating func remove(_ id: UInt64) -> OpenCall? {
        firstIndex { $0.request.id == id }.map { remove(at: $0) }
    }

    /// Fails the calls whose time is up and returns when the next one's is.
    mutating func expire(_ now: NIODeadline, cause: TransportFailure.Cause) -> NIODeadline {
        var next = NIODeadline.distantFuture
        removeAll { call in
            guard call.patience > now else {
                call.giveUpWaiting(now, cause)
                return true
            }
            next = Swift.min(next, call.patience)
            return false
        }
        return next
    }
}

/// What callers submit to the event loop.
enum Submission: Sendable {
    case call(PreparedCall)
    /// The caller no longer wants the answer to this call.
    case cancel(UInt64)
    /// Closes everything; resumed when the last connection is closed.
    case shutdown(CheckedContinuation<Void, Never>)
}

/// The limits on the number of connections and on times.
struct PoolLimits {
    let maximumConnections: Int
    let connectTimeout: TimeAmount
    let idleTimeout: TimeAmount
    let idleTimeoutHTTP1: TimeAmount
    /// Nil if pings are off.
    let pingAfter: TimeAmount?
    let pingTimeout: TimeAmount
    private let connectionAge: TimeAmount?

    init(_ settings: TightClientSettings) {
        maximumConnections = max(1, settings.maximumConnections)
        connectTimeout = TimeAmount(settings.connectTimeout)
        idleTimeout = TimeAmount(settings.idleTimeout)
        idleTimeoutHTTP1 = TimeAmount(settings.idleTimeoutHTTP1)
        pingAfter = settings.pingAfter > .zero ? TimeAmount(settings.pingAfter) : nil
        pingTimeout = TimeAmount(settings.pingTimeout)
        connectionAge = settings.connectionAge > .zero ? TimeAmount(settings.connectionAge) : nil
    }

    /// When a connection that is opened now becomes old.
    ///
    /// The time varies randomly by up to a tenth, so that connections made together do not end together.
    func end(of now: NIODeadline) -> NIODeadline {
        guard let connectionAge else { return .distantFuture }
        return now + .nanoseconds(Int64(Double(connectionAge.nanoseconds) * Double.random(in: 0.9...1.1)))
    }
}
