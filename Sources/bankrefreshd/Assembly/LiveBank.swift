import Host
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import Synchronization
import TightAPI

/// The client of the Tight API; a reload replaces it if its settings or the content of its files changed.
final class LiveBank: LivePart {
    let client: LiveClient<TightClient>
    /// The configuration file, beside which credentials are looked for.
    private let file: String
    /// Whether other daemons share the store, so that no call may come late.
    private let isStoreShared: Bool
    private let ingredients: Mutex<Ingredients>

    init(_ configuration: Configuration, file: String, isStoreShared: Bool) throws {
        let made = try Ingredients(configuration, file: file, isStoreShared: isStoreShared)
        self.file = file
        self.isStoreShared = isStoreShared
        ingredients = Mutex(made)
        client = LiveClient(try made.makeClient(isStoreShared: isStoreShared)) { await $0.shutdown() }
    }

    func prepare(_ configuration: Configuration) throws -> PreparedChange {
        let new = try Ingredients(configuration, file: file, isStoreShared: isStoreShared)
        let old = ingredients.withLock { $0 }
        var comparable = new.settings
        comparable.timeout = old.settings.timeout
        // If the file cannot be read, making the new client reports the problem.
        let isUnreadable = new.authorities == nil && new.settings.caFile != nil
        let isRewritten = new.credentials != old.credentials
        guard comparable != old.settings || new.authorities != old.authorities || isUnreadable || isRewritten else {
            return PreparedChange { [self] in
                client.current.configure(timeout: new.settings.timeout)
                ingredients.withLock { $0 = new }
            }
        }
        let made = try new.makeClient(isStoreShared: isStoreShared)
        let isRenewed = new.settings.caFile == old.settings.caFile && new.authorities != old.authorities
        let isSecretNew = isRewritten && new.credentials?.id == old.credentials?.id
        let (proxy, oldProxy) = (new.settings.proxyCredentials, old.settings.proxyCredentials)
        let notes = [
            isRenewed ? "api.caFile" : nil, isSecretNew ? "api.clientSecret" : nil,
            proxy != nil && oldProxy != nil && proxy != oldProxy ? "api.proxyCredentials" : nil,
        ].compactMap { $0 }
        return PreparedChange(notes: notes.map { "\($0): content changed" }) { [self] in
            client.replace(with: made)
            ingredients.withLock { $0 = new }
        } discard: {
            Task { await made.shutdown() }
        }
    }
}

/// Everything from which a client is made.
private struct Ingredients {
    var settings: TightClientSettings
    /// The content of the certificate file; nil if there is none or it cannot be read.
    var authorities: [UInt8]?
    /// Nil if none are configured.
    var credentials: ClientCredentials?

    init(_ configuration: Configuration, file: String, isStoreShared: Bool) throws {
        settings = try TightClientSettings(configuration, file: file, version: Version.text)
        if isStoreShared { settings.connectTimeout = min(settings.connectTimeout, CallWindow.longestConnecting) }
        authorities = settings.caFile.flatMap { try? ByteSource.bytes(of: $0) }
        credentials = try ClientCredentials(configuration, file: file)
    }

    /// Makes a client; if the store is shared, with a timer of its own that its thread must keep resetting.
    ///
    /// The timer detects a thread that is stuck, whatever other clients do.
    func makeClient(isStoreShared: Bool) throws -> TightClient {
        let timer = isStoreShared ? try Self.makeTimer() : nil
        return try TightClient(
            settings: settings, credentials: credentials,
            heartbeat: timer.map { timer in Heartbeat(beat: { timer.beat() }, end: { timer.disarm() }) },
            now: { WallClock().now })
    }

    private static func makeTimer() throws -> DeadMansTimer {
        do { return try DeadMansTimer(span: CallWindow.longestFreeze) } catch {
            throw CommandFailure(
                .software, "no timer that ends the daemon when it is frozen, as a shared store needs: \(error)",
                remedy: "allow it the system calls timer_create and timer_settime, and raise its limit of pending "
                    + "signals (ulimit -i) if that is used up")
        }
    }
}

extension ClientCredentials {
    /// The credentials that the configuration names; nil if it names none, and tokens are not renewed.
    init?(_ configuration: Configuration, file: String) throws {
        guard let id = configuration.api.clientID, let reference = configuration.api.clientSecret else { return nil }
        let secret = try reference.readLine(
            of: "api.clientSecret", beside: file, trusted: configuration.store.owner)
        guard secret.count > 0, secret.withBytes({ $0.allSatisfy { $0 > 0x20 && $0 != 0x7F } }) else {
            throw CommandFailure(
                .configuration, "api.clientSecret: the secret is empty, or holds a space or a line break",
                remedy: "write the secret alone into it, as one line")
        }
        self.init(id: id, secret: secret)
    }
}

extension ProxyCredentials {
    /// The credentials that the configuration names; nil if it names none.
    init?(_ configuration: Configuration, file: String) throws {
        guard let reference = configuration.api.proxyCredentials else { return nil }
        let pair = try reference.readLine(
            of: "api.proxyCredentials", beside: file, trusted: configuration.store.owner)
        guard let credentials = ProxyCredentials(pair) else {
            throw CommandFailure(
                .configuration, "api.proxyCredentials: the secret is not of the form user:password on one line",
                remedy: "write user and password into it with a colon between them, and nothing else")
        }
        self = credentials
    }
}

extension TightClientSettings {
    /// `file` is the configuration file, beside which credentials are looked for.
    init(_ configuration: Configuration, file: String, version: String) throws {
        let api = configuration.api
        self.init(endpoint: api.server, version: version)
        timeout = api.timeout
        connectTimeout = api.connectTimeout
        pingAfter = api.pingAfter
        pingTimeout = api.pingTimeout
        connectionAge = api.connectionAge
        // A reload may raise the limit of calls, but not the pool. Connections are made only for calls.
        maximumConnections = 10_000
        caFile = api.caFile
        proxy = api.proxy
        proxyCredentials = try ProxyCredentials(configuration, file: file)
    }
}

/// A part of the running daemon that a reload changes in two steps.
///
/// No part applies a new configuration before every part has accepted it.
protocol LivePart: Sendable {
    /// Builds and checks what the configuration asks for without changing anything; throws its problems.
    func prepare(_ configuration: Configuration) throws -> PreparedChange
}

/// A change that one part has prepared.
struct PreparedChange: Sendable {
    /// Changes that no key of the file shows, such as the content of a file that it names.
    var notes: [String] = []
    /// Applies the change; cannot fail.
    let commit: @Sendable () -> Void
    /// Drops what was built, because another part refused.
    var discard: @Sendable () -> Void = {}
}
