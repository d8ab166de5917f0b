import NIOCore

/// How many connections there may be, and how long things may take.
struct PoolLimits {
    let maximumConnections: Int
    let connectTimeout: TimeAmount
    let idleTimeout: TimeAmount

    init(_ settings: TightClientSettings) {
        maximumConnections = max(1, settings.maximumConnections)
        connectTimeout = TimeAmount(settings.connectTimeout)
        idleTimeout = TimeAmount(settings.idleTimeout)
    }
}
