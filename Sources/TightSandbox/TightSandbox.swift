import FoundationEssentials
import NIOSSL
package import RefreshCore

/// A stand-in for the Tight API that keeps its contract and fails on command.
///
/// It knows a set of users, answers `POST /rest/v5/banks/refresh` and `POST /rest/v5/auth/token`, and logs each call by
/// user id, so that tests can check the number, spacing and concurrency of calls from the API's side.
package final class TightSandbox: Sendable {
    /// The port that accepts calls.
    package let port: Int
    /// `https://localhost:PORT/rest`, or `http://127.0.0.1:PORT/rest` when plain.
    package var baseURL: String {
        authorityPEM == nil ? "http://127.0.0.1:\(port)/rest" : "https://localhost:\(port)/rest"
    }
    /// The certificate that callers must trust; nil if plain.
    package let authorityPEM: String?
    /// The port of the admin interface; nil if there is none.
    package var adminPort: Int? { admin?.port }

    /// The token requests, and what can be told about tokens and their renewal.
    package var tokens: TokenLedger { controls.tokens }

    private let controls: SandboxControls
    private let admin: AdminListener?

    /// Starts a sandbox, which listens when this returns; throws if a port is taken.
    package static func start(_ configuration: SandboxConfiguration) async throws -> TightSandbox {
        try await TightSandbox(configuration)
    }

    private init(_ configuration: SandboxConfiguration) async throws {
        let authority = configuration.isPlain ? nil : try TemporaryAuthority()
        let protocols = configuration.offersHTTP2 ? ["h2", "http/1.1"] : ["http/1.1"]
        authorityPEM = authority?.certificatePEM
        let tokens = TokenLedger(configuration, directory: UserDirectory(configuration.users))
        let ledger = CallLedger(configuration, tokens: tokens)
        let listener = CallListener(
            host: configuration.host,
            port: configuration.port,
            pipeline: CallPipeline(
                ledger: ledger,
                tokens: tokens,
                tls: try authority?.serverContext(applicationProtocols: protocols),
                maxConcurrentStreams: configuration.maxConcurrentStreams
            )
        )
        try await listener.open()
        port = await listener.port
        controls = SandboxControls(ledger: ledger, tokens: tokens, listener: listener)
        do {
            admin =
                if let port = configuration.adminPort {
                    try await AdminListener(port: port, interface: AdminInterface(controls: controls))
                } else {
                    nil
                }
        } catch {
            await listener.close()
            throw error
        }
    }

    /// Runs `body` with a sandbox, which is stopped when `body` returns or throws.
    package static func running<Result>(
        _ configuration: SandboxConfiguration,
        _ body: (TightSandbox) async throws -> Result
    ) async throws -> Result {
        let sandbox = try await start(configuration)
        do {
            let result = try await body(sandbox)
            await sandbox.stop()
            return result
        } catch {
            await sandbox.stop()
            throw error
        }
    }

    /// Stops listening and closes every connection.
    package func stop() async {
        await admin?.close()
        await controls.listener.close()
    }

    /// Writes the certificate that callers must trust to a file; does nothing if plain.
    package func writeAuthority(to path: String) throws(FileProblem) {
        guard let authorityPEM else { return }
        try OutputFile.write([Array(authorityPEM.utf8)], to: path, mode: 0o644)
    }

    // MARK: Telling it

    /// Sets the behaviour of one user's calls from now on; false if there is no such user.
    @discardableResult
    package func set(behaviour: Behaviour, forUser user: UserID) -> Bool {
        set(script: Script(behaviour), forUser: user)
    }

    /// Sets one user's script, beginning with the next call, or removes it (nil); false if there is no such user.
    @discardableResult
    package func set(script: Script?, forUser user: UserID) -> Bool {
        controls.ledger.set(script, for: user)
    }

    /// Sets the behaviour of users without one of their own; nil returns to the shares.
    package func set(behaviourForAll behaviour: Behaviour?) {
        controls.ledger.setForAll(behaviour.map { Script($0) })
    }

    /// Begins an outage of the whole API, or ends it (nil).
    package func set(outage: Outage?) async throws {
        try await controls.set(outage)
    }

    /// Forgets calls, renewals, behaviours and the outage; tokens stay as they are.
    package func reset() async throws {
        try await controls.reset()
    }

    // MARK: What it saw

    /// All calls since the start or the last reset.
    package var calls: CallLog { controls.ledger.snapshot() }

    /// The counts over all users; `users` is empty.
    package var totals: CallLog { controls.ledger.totals() }

    /// The calls of one user; nil if there is no such user.
    package func calls(ofUser user: UserID) -> UserCalls? {
        controls.ledger.calls(of: user)
    }

    /// Suspends until `count` calls with a known token have arrived, from one user or in total.
    package func waitForCalls(atLeast count: Int, fromUser user: UserID? = nil) async throws {
        try await controls.ledger.wait(for: .begun(count, user: user.flatMap(controls.ledger.directory.index)))
    }

    /// Suspends until `count` calls with a known token have ended, from one user or in total.
    package func waitForEndedCalls(atLeast count: Int, fromUser user: UserID? = nil) async throws {
        try await controls.ledger.wait(for: .ended(count, user: user.flatMap(controls.ledger.directory.index)))
    }
}

/// The controls of a running sandbox, shared by Swift callers and the admin interface.
struct SandboxControls: Sendable {
    let ledger: CallLedger
    let tokens: TokenLedger
    let listener: CallListener

    func set(_ outage: Outage?) async throws {
        ledger.set(outage)
        if outage == .refuse { await listener.close() } else { try await listener.open() }
    }

    func reset() async throws {
        ledger.reset()
        tokens.reset()
        try await listener.open()
    }
}

extension Timestamp {
    /// The system's clock.
    package static var atPresent: Timestamp {
        Timestamp(microsecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }
}
