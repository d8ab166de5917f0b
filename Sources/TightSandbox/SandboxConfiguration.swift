package import RefreshCore

/// How a sandbox is set up; everything else is set while it runs.
package struct SandboxConfiguration: Sendable {
    package var users: SandboxUsers
    /// The address that it listens on; the certificate is valid for `localhost`, `127.0.0.1` and `::1`.
    package var host = "127.0.0.1"
    /// 0 for any free port.
    package var port = 0
    /// Plain HTTP/1.1 without TLS, for benchmarks over the loopback interface.
    package var isPlain = false
    /// Whether HTTP/2 is offered besides HTTP/1.1.
    package var offersHTTP2 = true
    /// The most concurrent HTTP/2 streams on one connection.
    package var maxConcurrentStreams = 128
    package var shares = Shares()
    /// The behaviours of token requests.
    package var tokenShares = Shares()
    package var latency = Latency.fixed(.zero)
    /// Determines, with the user and the call's number, behaviour and latency, so that runs are repeatable.
    package var seed: UInt64 = 1
    /// The client that may renew tokens; nil for none.
    package var client: SandboxClient?
    /// The lifetime of issued tokens; nil for the vendor's 90 days.
    package var tokenLifetime: Duration?
    package var rotation = TokenRotation.immediate
    /// The loopback port that accepts commands while the sandbox runs: nil for none, 0 for any free one.
    package var adminPort: Int?
    /// Receives each call when it is read and when it ends, before the last part of its answer is sent.
    package var observer: (@Sendable (CallEvent) -> Void)?
    /// How many calls and renewals are kept per user, at least; counts are never dropped.
    package var callsKeptPerUser = 1_000

    package init(users: SandboxUsers) {
        self.users = users
    }
}

/// The platform as the sandbox knows it: the client that may renew tokens.
package struct SandboxClient: Sendable, Equatable {
    package let id: String
    package let secret: Secret

    package init(id: String, secret: Secret) {
        self.id = id
        self.secret = secret
    }
}
