import NIOCore

/// What the control server takes from its clients.
package struct ControlLimits: Sendable {
    /// Connections served at once; more of them wait in the socket's queue.
    package var connections = 64
    /// Bytes of one request's body.
    package var bodyBytes = ControlLimits.mostBodyBytes
    /// How long a client may take for one request to arrive whole, and how long a connection may lie idle.
    package var readTimeout: Duration = .seconds(30)

    static let mostBodyBytes = 1 << 20
    /// Users that one request may bring or name.
    static let mostUsers = 1_000
    /// Bytes of all header fields together, and of any one.
    static let headerBytes = 16 << 10
    static let headerFields = 64

    package init() {}
}
