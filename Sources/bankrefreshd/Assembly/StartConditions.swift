import ControlPlane
import Glibc
import Host
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import SQLiteStore
import TightAPI
import TokenVault

/// What a daemon would meet at its start with a configuration that is good in itself, as far as this user can tell.
struct StartConditions {
    /// Something that would keep the daemon from starting.
    struct Problem: Encodable, Equatable {
        var kind = "environment"
        /// The key of the configuration that leads to it.
        let path: String
        let reason: String
        let suggestion: String?

        func text(file: String) -> String {
            "\(file): " + (path.isEmpty ? "" : "\(path): ") + reason + (suggestion.map { "; \($0)" } ?? "")
        }
    }

    var problems: [Problem] = []
    /// What is worth knowing, and what could not be checked.
    private(set) var notes: [String] = []
    /// Nil where this user's rights are those that count.
    let service: ServiceView?

    /// Looks at the key, the certificates, the directories, the store and the page's port; changes nothing.
    ///
    /// Root looks as the daemon's user inside what the unit allows.
    init(_ configuration: Configuration, file: String) async {
        service = ServiceView(of: file, store: configuration.store)
        notes += configuration.warnings
        if let service, let obstacle = service.obstacle(reading: file) { add(obstacle, at: "") }
        let keys = checkKey(configuration.store, file: file)
        checkSecret(configuration.api.clientSecret, path: "api.clientSecret", configuration.store, file: file) {
            _ = try ClientCredentials(configuration, file: file)
        }
        checkSecret(configuration.api.proxyCredentials, path: "api.proxyCredentials", configuration.store, file: file) {
            _ = try ProxyCredentials(configuration, file: file)
        }
        await checkCertificates(configuration)
        checkDirectory(
            of: configuration.store.sqlitePath, madeBy: Configuration.default.store.sqlitePath,
            path: "store.sqlite.path",
            suggestion: "make it, for the daemon's user alone: install -d -m 0700 -o bankrefreshd")
        if let backups = configuration.store.backup.directory {
            // The daemon makes the directory itself, in this one.
            checkDirectory(
                of: backups, madeBy: Configuration.default.store.sqlitePath, path: "store.backup.directory",
                suggestion: "make it, or name another for backups:")
        }
        checkDirectory(
            of: configuration.controlSocket, madeBy: Configuration.default.controlSocket, path: "control.socket",
            suggestion: "make it, or set RuntimeDirectory= in the unit:")
        let client = ControlClient(socketPath: configuration.controlSocket)
        if client.whyUnreachable() == nil {
            // A daemon that runs has store and port, and is what would be in the way.
            let groups = (try? await client.status().groups) ?? []
            checkGroups(
                groups.compactMap { group in
                    GroupName(group.name).map { GroupSize(group: $0, users: group.users) }
                }, configuration.policies)
        } else {
            checkStore(configuration, keys: keys)
            checkPort(configuration.web)
        }
    }

    /// Whoever is in a group that the file does not name would follow everybody's rules.
    mutating func checkGroups(_ sizes: [GroupSize], _ policies: Policies) {
        notes += policies.unknown(sizes).map {
            StatusReport.Group(name: $0.group.rawValue, users: $0.users, isConfigured: false).remark
        }
    }

    mutating func add(_ obstacle: ServiceView.Obstacle, at path: String) {
        problems.append(Problem(path: path, reason: obstacle.reason, suggestion: obstacle.suggestion))
    }

    /// The keys, where they can be had.
    private mutating func checkKey(_ store: StoreSettings, file: String) -> KeyRing? {
        do {
            let keys = try KeySource(file: file, store: store).keys()
            checkOwner(of: store.key, path: "store.key", store)
            return keys
        } catch {
            let failure = CommandFailure(describing: error)
            if failure.exit == .notAllowed {
                noteUnchecked("store.key", "the key")
                return nil
            }
            if case .credential(let name) = store.key,
                (ProcessEnvironment.value("CREDENTIALS_DIRECTORY") ?? "").isEmpty,
                access(DirectoryPath.of(file) + name, F_OK) != 0
            {
                notes.append(
                    "store.key: the credential \(name) is not beside \(file); whether the unit loads it from elsewhere "
                        + "cannot be checked here. For a new store: bankrefreshd key generate "
                        + DirectoryPath.of(file) + name)
                return nil
            }
            let reason = failure.message.hasPrefix("store.key: ") ? failure.message.dropFirst(11) : failure.message[...]
            problems.append(Problem(path: "store.key", reason: String(reason), suggestion: failure.remedy))
            return nil
        }
    }

    /// `read` reads the secret as the daemon does.
    private mutating func checkSecret(
        _ reference: SecretReference?, path: String, _ store: StoreSettings, file: String, read: () throws -> Void
    ) {
        do {
            try read()
            checkOwner(of: reference, path: path, store)
        } catch {
            let failure = CommandFailure(describing: error)
            let reason = failure.message.replacing("\(path): ", with: "", maxReplacements: 1)
            if failure.exit == .notAllowed { return noteUnchecked(path, "the secret") }
            if case .credential(let name)? = reference,
                (ProcessEnvironment.value("CREDENTIALS_DIRECTORY") ?? "").isEmpty
            {
                return notes.append(
                    "\(path): the credential \(name) cannot be checked outside the service: \(reason)")
            }
            problems.append(Problem(path: path, reason: reason, suggestion: failure.remedy))
        }
    }

    /// Root reads whatever there is; the daemon's user does not.
    private mutating func checkOwner(of reference: SecretReference?, path: String, _ store: StoreSettings) {
        var status = stat()
        guard case .file(let secret)? = reference, let user = store.owner, stat(secret, &status) == 0,
            status.st_uid != user
        else {
            if case .file(let secret)? = reference, let obstacle = service?.obstacle(reading: secret, isSecret: true) {
                add(obstacle, at: path)
            }
            return
        }
        problems.append(
            Problem(
                path: path, reason: "\(secret) belongs to root, and the daemon's user may not read it",
                suggestion: "run: chown bankrefreshd: \(secret), or name it in LoadCredential="))
    }

    /// As the daemon reads them.
    private mutating func checkCertificates(_ configuration: Configuration) async {
        if let path = configuration.api.caFile, access(path, R_OK) != 0, errno == EACCES {
            return noteUnchecked("api.caFile", path)
        }
        if let path = configuration.api.caFile, access(path, F_OK) == 0, let obstacle = service?.obstacle(reading: path)
        {
            return add(obstacle, at: "api.caFile")
        }
        do {
            var api = configuration
            // Looked at by itself.
            api.api.proxyCredentials = nil
            let client = try TightClient(
                settings: try TightClientSettings(api, file: "", version: Version.text), now: { Calendar.now })
            await client.shutdown()
        } catch {
            let text = CommandFailure(describing: error).message
            let parts = text.split(separator: ": ", maxSplits: 1)
            problems.append(
                Problem(path: String(parts.first ?? "api"), reason: String(parts.last ?? ""), suggestion: nil))
        }
    }

    /// `standard` is the path whose directory the unit makes when it starts.
    private mutating func checkDirectory(of file: String, madeBy standard: String, path: String, suggestion: String) {
        let directory = DirectoryPath.of(file)
        var status = stat()
        guard stat(directory, &status) == 0 else {
            switch errno {
            case EACCES: return noteUnchecked(path, directory)
            case _ where directory == DirectoryPath.of(standard):
                return notes.append("\(path): there is no directory \(directory) yet; the unit makes it when it starts")
            default:
                return problems.append(
                    Problem(
                        path: path, reason: "there is no directory \(directory)",
                        suggestion: "\(suggestion) \(directory)"))
            }
        }
        if let service {
            if let obstacle = service.obstacle(makingFilesIn: directory) { add(obstacle, at: path) }
            return
        }
        // Another user, the daemon's, may do what this one may not: that is no problem, but nothing was shown either.
        if access(directory, W_OK | X_OK) != 0 { noteUnchecked(path, directory) }
    }

    mutating func noteUnchecked(_ path: String, _ what: String) {
        notes.append("\(path): \(what) cannot be checked as this user; run this as root or as the daemon's user")
    }
}
