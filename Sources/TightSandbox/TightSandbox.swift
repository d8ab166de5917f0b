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
    package let baseURL: String
    /// The certificate that callers must trust; nil if plain.
    package let authorityPEM: String?
    /// The port of the admin interface; nil if there is none.
    package var adminPort: Int? { admin?.port }

    private let ledger: CallLedger
    let tokens: TokenLedger
    private let listener: CallListener
    private let admin: AdminListener?

    private init(
        port: Int,
        authorityPEM: String?,
        ledger: CallLedger,
        tokens: TokenLedger,
        listener: CallListener,
        admin: AdminListener?
    ) {
        self.port = port
        self.authorityPEM = authorityPEM
        baseURL = authorityPEM == nil ? "http://127.0.0.1:\(port)/rest" : "https://localhost:\(port)/rest"
        self.ledger = ledger
        self.tokens = tokens
        self.listener = listener
        self.admin = admin
    }

    /// Starts a sandbox, which listens when this returns; throws if a port is taken.
    package static func start(_ configuration: SandboxConfiguration) async throws -> TightSandbox {
        let authority = configuration.isPlain ? nil : try TemporaryAuthority()
        let protocols = configuration.offersHTTP2 ? ["h2", "http/1.1"] : ["http/1.1"]
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
        let controls = SandboxControls(ledger: ledger, tokens: tokens, listener: listener)
        var admin: AdminListener?
        if let port = configuration.adminPort {
            do {
                admin = try await AdminListener.open(
                    port: port,
                    interface: AdminInterface(controls: controls)
                )
            } catch {
                await listener.close()
                throw error
            }
        }
        return TightSandbox(
            port: await listener.port,
            authorityPEM: authority?.certificatePEM,
            ledger: ledger,
            tokens: tokens,
            listener: listener,
            admin: admin
        )
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
        await listener.close()
    }

    /// Writes the certificate that callers must trust to a file; does nothing if plain.
    package func writeAuthority(to path: String) throws(FileProblem) {
        guard let authorityPEM else { return }
        try OutputFile.write(to: path, mode: 0o644) { (file) throws(FileProblem) in
            try file.append(Array(authorityPEM.utf8))
        }
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
        ledger.set(script, for: user)
    }

    /// Sets the behaviour of users without one of their own; nil returns to the shares.
    package func set(behaviourForAll behaviour: Behaviour?) {
        ledger.setForAll(behaviour.map { Script($0) })
    }

    /// Begins an outage of the whole API, or ends it (nil).
    package func set(outage: Outage?) async throws {
        try await SandboxControls(ledger: ledger, tokens: tokens, listener: listener).set(outage)
    }

    /// Forgets calls, renewals, behaviours and the outage; tokens stay as they are.
    package func reset() async throws {
        try await SandboxControls(ledger: ledger, tokens: tokens, listener: listener).reset()
    }

    // MARK: What it saw

    /// All calls since the start or the last reset.
    package var calls: CallLog { ledger.snapshot() }

    /// The counts over all users; `users` is empty.
    package var totals: CallLog { ledger.totals() }

    /// The calls of one user; nil if there is no such user.
    package func calls(ofUser user: UserID) -> UserCalls? {
        ledger.calls(of: user)
    }

    /// Suspends until `count` calls with a known token have arrived, from one user or in total.
    package func waitForCalls(atLeast count: Int, fromUser user: UserID? = nil) async throws {
        try await ledger.wait(for: .begun(count, user: user.flatMap(ledger.index)))
    }

    /// Suspends until `count` calls with a known token have ended, from one user or in total.
    package func waitForEndedCalls(atLeast count: Int, fromUser user: UserID? = nil) async throws {
        try await ledger.wait(for: .ended(count, user: user.flatMap(ledger.index)))
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
