import NIOCore

/// How many connections there may be, and how long things may take.
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

    /// When a connection that is made now is old.
    ///
    /// Randomly up to a tenth sooner or later, so that connections made together do not end together.
    func end(of now: NIODeadline) -> NIODeadline {
        guard let connectionAge else { return .distantFuture }
        return now + .nanoseconds(Int64(Double(connectionAge.nanoseconds) * Double.random(in: 0.9...1.1)))
    }
}
