/// What the page's server takes from its clients.
package struct WebLimits: Sendable {
    /// Connections served at once; more of them wait.
    package var connections = 32
    /// How long a connection lasts: one request, its answer, and no more.
    package var lifetime: Duration = .seconds(20)

    static let headerBytes = 8 << 10
    static let headerFields = 64

    package init() {}
}
