import ControlPlane
import Glibc
import Host
import PostgreSQLStore
import RefreshConfiguration
import RefreshCore
import TokenVault

/// Opens a store on a PostgreSQL server.
extension StoreOpening {
    static func open(
        _ server: ConnectionSettings, _ settings: StoreSettings, keys: KeyRing, demands: Demands
    ) async throws -> any OpenStore {
        // The server may authenticate clients by their system user.
        try StoreOwner.assume(for: settings.sqlitePath)
        let place = server.place
        let name = demands.member ?? commandName
        // The lock shows that the previous daemon on this machine has ended, so its leases need not expire first.
        let lock = demands.member.flatMap { _ in
            ProcessLock(file: "\(DirectoryPath.of(settings.sqlitePath))member.lock")
        }
        return try await PostgreSQLUserStore.open(
            server, name: name, version: Version.text, lock: lock?.identity, environment: demands.environment,
            mustExist: settings.mustExist || !demands.isMade
        ) { marks throws(StoreProblem) in
            try check(marks, of: place, keys: keys, demands: demands)
        }
    }

    /// The name of a command in the fleet; no daemon can have it, so that it ends no daemon's leases.
    static var commandName: String { "command \(String(UInt64.random(in: 0 ... .max), radix: 16))" }

    /// Throws if a daemon on this host uses the same store: unlike a file, a server admits both.
    ///
    /// With `any`, throws even if the daemon uses another store.
    static func checkNoDaemon(_ configuration: Configuration, any: Bool = false) throws {
        guard any || configuration.store.postgresql.hosts != nil,
            ControlClient(socketPath: configuration.controlSocket).whyUnreachable() == nil
        else { return }
        throw CommandFailure(
            .tryLater,
            any ? "a daemon runs on this host, and may call the same users" : "the daemon works with the store",
            remedy: "stop it first: systemctl stop bankrefreshd")
    }

    /// Throws if daemons work with the store: without this key, they could not open the store at their next start.
    static func checkNobodyLacks(_ key: KeyID, _ store: any UserStore) async throws {
        let names = try await store.fleetState()?.living.map(\.name) ?? []
        guard !names.isEmpty else { return }
        throw CommandFailure(
            .tryLater,
            "key \(key) in store.key is new to the store, and other daemons work there: "
                + "\(names.joined(separator: ", ")); the store was not changed, but the key is in the file",
            remedy: "stop them first, and copy the key file to their hosts before they start; or take the key out of "
                + "the file before a daemon starts here; see docs/postgresql.md")
    }

    /// Throws if the store knows of living daemons on other hosts; a file has none.
    static func checkNobodyElse(_ store: any UserStore) async throws {
        guard let names = try await store.fleetState()?.living.map(\.name), let first = names.first else { return }
        throw CommandFailure(
            .tryLater,
            (names.count == 1 ? "a daemon on another host works" : "daemons on other hosts work")
                + " with the store: \(names.joined(separator: ", ")); nothing was changed",
            remedy: "stop bankrefreshd on \(names.count == 1 ? first : "each of them") first")
    }
}

extension ConnectionSettings {
    /// The section `store.postgresql`; nil if it names no server.
    ///
    /// `file` is the configuration file, beside which credentials are looked for.
    init?(_ store: StoreSettings, file: String) throws {
        let settings = store.postgresql
        guard let hosts = settings.hosts else { return nil }
        self.init(
            hosts: hosts.map { Host(name: $0.name, port: $0.port ?? settings.port) }, database: settings.database,
            user: settings.user, password: try Self.password(store, file: file))
        protection =
            switch settings.protection {
            case .disable: .off
            case .require: .unverified
            case .verifyFull: .verified
            }
        authorities = settings.authorities
        if let certificate = settings.certificate, let key = settings.key { self.certificate = (certificate, key) }
    }

    private static func password(_ store: StoreSettings, file: String) throws -> Secret? {
        guard let reference = store.postgresql.password else { return nil }
        let secret = try reference.readLine(of: "store.postgresql.password", beside: file, trusted: store.owner)
        guard secret.count > 0, secret.withBytes({ $0.allSatisfy { $0 != 0 && $0 != 0x0A && $0 != 0x0D } }) else {
            throw CommandFailure(
                .configuration, "store.postgresql.password: the secret is empty, or holds a line break or a zero byte",
                remedy: "write the password alone into it, as one line")
        }
        return secret
    }
}

extension StoreSettings {
    /// This daemon's name in the fleet that shares the store.
    var memberName: String {
        if let member = postgresql.member { return member }
        var system = utsname()
        guard uname(&system) == 0 else { return "unnamed" }
        return withUnsafeBytes(of: &system.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// Throws if the store is on a server and the command is only for the files of the embedded store.
    ///
    /// `remedy` names what to use on a server instead.
    func checkIsFile(for command: String, remedy: String) throws {
        guard postgresql.hosts != nil else { return }
        throw CommandFailure(
            .configuration, "the store is on a PostgreSQL server, and \(command) is for the SQLite file alone",
            remedy: remedy)
    }
}
