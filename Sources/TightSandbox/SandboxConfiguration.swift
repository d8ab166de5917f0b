package import RefreshCore

/// How a sandbox is set up; what is not named here is told to it while it runs.
package struct SandboxConfiguration: Sendable {
    package var users: SandboxUsers
    /// What it listens on; the certificate holds for `localhost`, `127.0.0.1` and `::1`.
    package var host = "127.0.0.1"
    /// 0 for any free port.
    package var port = 0
    /// Plain HTTP/1.1 without TLS, for benchmarks over the loopback interface.
    package var isPlain = false
    /// Whether HTTP/2 is offered beside HTTP/1.1.
    package var offersHTTP2 = true
    /// HTTP/2 streams at a time on one connection.
    package var maxConcurrentStreams = 128
    package var shares = Shares()
    /// What requests for tokens meet.
    package var tokenShares = Shares()
    package var latency = Latency.none
    /// Decides with the user and the number of the call about behaviour and latency, so that runs repeat.
    package var seed: UInt64 = 1
    /// Who may renew tokens; nil for nobody.
    package var client: SandboxClient?
    /// How long tokens live that are issued; nil for the vendor's 90 days.
    package var tokenLifetime: Duration?
    package var rotation = TokenRotation.immediate
    /// The port on loopback that takes commands while the sandbox runs: nil for none, 0 for any free one.
    package var adminPort: Int?
    /// Told of each call as it is read and as it ends, before the last of its answer goes out.
    package var observer: (@Sendable (CallEvent) -> Void)?
    /// Single calls and renewals remembered for each user, at least; counts are never forgotten.
    package var callsKeptPerUser = 1_000

    package init(users: SandboxUsers) {
        self.users = users
    }
}

/// The platform as the sandbox knows it: who may renew tokens.
package struct SandboxClient: Sendable, Equatable {
    package let id: String
    package let secret: Secret

    package init(id: String, secret: Secret) {
        self.id = id
        self.secret = secret
    }
}
