import ControlPlane
import Glibc
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import SQLiteStore
import TightAPI
import TokenVault
import Monitoring

/// The problems that a valid configuration would meet when the daemon starts, as far as this user can see them.
struct StartConditions {
    /// A problem that would keep the daemon from starting.
    struct Problem: Encodable, Equatable {
        var kind = "environment"
        /// The key of the configuration that causes it.
        let path: String
        let reason: String
        let suggestion: String?

        func text(file: String) -> String {
            "\(file): " + (path.isEmpty ? "" : "\(path): ") + reason + (suggestion.map { "; \($0)" } ?? "")
        }
    }

    var problems: [Problem] = []
    /// Remarks, and what could not be checked.
    var notes: [String] = []
    let file: String
    /// The server that answered for the store; nil if the store is a file, or no server answered.
    var server: String?
    let unit: InstalledUnit?
    /// Nil if the daemon's user is unknown or not available to this process, or if the daemon runs as root.
    let service: ServiceView?
    let isDaemonRunning: Bool

    /// Checks the secrets, the certificates, the directories, the store and the page's port; changes nothing.
    ///
    /// Root checks with the rights of the daemon's user within the limits of the unit. If a daemon runs, the check
    /// applies to its next start.
    init(_ configuration: Configuration, file: String) async {
        self.file = file
        unit = InstalledUnit(reading: file)
        service = ServiceView(unit: unit, store: configuration.store)
        let client = ControlClient(socketPath: configuration.controlSocket)
        isDaemonRunning = client.whyUnreachable() == nil
        notes += configuration.warnings
        if let service, let obstacle = service.obstacle(reading: file) { add(obstacle, at: "") }
        let keys = checkKey(configuration.store)
        checkSecret(configuration.api.clientSecret, path: "api.clientSecret") {
            _ = try ClientCredentials(configuration, file: file)
        }
        checkSecret(configuration.api.proxyCredentials, path: "api.proxyCredentials") {
            _ = try ProxyCredentials(configuration, file: file)
        }
        await checkCertificates(configuration)
        checkWebAccess(configuration)
        let isOnServer = configuration.store.postgresql.hosts != nil
        let isStoreInReach = checkDirectories(configuration)
        let status = isDaemonRunning ? try? await client.perform(ReadStatus()) : nil
        checkGroups(
            status?.groups.compactMap { group in
                GroupName(group.name).map { GroupSize(group: $0, users: group.users) }
            } ?? [], configuration.policies)
        // A problem with the store's directory is reported only once.
        if isOnServer {
            checkServer(configuration, keys: keys, countsGroups: status == nil)
        } else if isStoreInReach {
            checkStore(configuration, keys: keys, countsGroups: status == nil)
        }
        // A daemon that does not say where it listens may itself occupy the port.
        if status != nil || !isDaemonRunning { checkPort(configuration.web, served: status?.webListen) }
    }

    mutating func add(_ obstacle: Obstacle, at path: String) {
        add(obstacle.reason, obstacle.remedy, at: path)
    }

    mutating func add(_ problem: StoreProblem, at path: String) {
        add(problem.description, problem.remedy, at: path)
    }

    mutating func add(_ reason: String, _ suggestion: String?, at path: String) {
        problems.append(Problem(path: path, reason: reason, suggestion: suggestion))
    }

    mutating func noteUnchecked(_ path: String, _ what: String) {
        notes.append("\(path): \(what) cannot be checked as this user; run this as root or as the daemon's user")
    }

    /// Whether the daemon may read a file as far as that can be seen; if not, says why.
    ///
    /// A missing file is found where it is read.
    mutating func isReadable(_ file: String, path: String) -> Bool {
        if let service {
            guard access(file, F_OK) == 0, let obstacle = service.obstacle(reading: file) else { return true }
            add(obstacle, at: path)
        } else {
            guard access(file, R_OK) != 0, errno == EACCES else { return true }
            noteUnchecked(path, file)
        }
        return false
    }

    /// Runs `body` with the rights of the daemon's user; nil if root cannot take them on.
    ///
    /// Files that SQLite makes beside the store must not be root's.
    func asDaemon<Answer, Failure>(_ body: () throws(Failure) -> Answer) throws(Failure) -> Answer? {
        guard let service else { return try body() }
        return try service.user.acting(body)
    }

    /// The key of the configuration that a problem of the store concerns: `path` unless it is another one.
    func key(for problem: StoreProblem, path: String) -> String {
        switch problem {
        case .keyDoesNotFit: "store.key"
        case .otherEnvironment: "api"
        default: path
        }
    }

    /// Reads the certificates as the daemon does.
    private mutating func checkCertificates(_ configuration: Configuration) async {
        if let path = configuration.api.caFile, !isReadable(path, path: "api.caFile") { return }
        do {
            var api = configuration
            // Checked separately.
            api.api.proxyCredentials = nil
            let client = try TightClient(
                settings: try TightClientSettings(api, file: "", version: Version.text), now: { Calendar.now })
            await client.shutdown()
        } catch {
            let text = CommandFailure(describing: error).message
            let parts = text.split(separator: ": ", maxSplits: 1)
            add(String(parts.last ?? ""), nil, at: String(parts.first ?? "api"))
        }
    }
}

/// Checks the existing store, and the address of the page.
extension StartConditions {
    /// `keys` is nil if the keys are not available.
    mutating func checkStore(_ configuration: Configuration, keys: KeyRing?, countsGroups: Bool) {
        let path = configuration.store.sqlitePath
        guard access(path, F_OK) == 0 else {
            if configuration.store.mustExist, errno == ENOENT {
                add(StoreProblem.missing(place: path), at: "store.mustExist")
            }
            return
        }
        if let obstacle = StoreOpening.obstacle(toFileAt: path) { return add(obstacle, at: "store.sqlite.path") }
        if let service {
            let obstacles = ["", "-wal", "-shm", ".lock"].compactMap { service.obstacle(writing: path + $0) }
            for obstacle in obstacles { add(obstacle, at: "store.sqlite.path") }
            guard obstacles.isEmpty else { return }
        } else if access(path, R_OK | W_OK) != 0 {
            return noteUnchecked("store.sqlite.path", path)
        }
        do {
            let found = try asDaemon { () throws(StoreProblem) in try SQLiteUserStore.marks(path: path) }
            guard let marks = found ?? nil else { return }
            try StoreOpening.check(
                marks, of: path, keys: keys, demands: .init(environment: configuration.api.server.description))
            guard countsGroups else { return }
            let sizes = try asDaemon { () throws(StoreProblem) in try SQLiteUserStore.groupSizes(inFileAt: path) }
            checkGroups(sizes ?? [], configuration.policies)
        } catch {
            // Another process is using it at the moment.
            if case .heldByAnother = error { return }
            add(error, at: key(for: error, path: "store.sqlite.path"))
        }
    }

    /// Notes groups of users that the file does not name: the general rules would apply to them.
    mutating func checkGroups(_ sizes: [GroupSize], _ policies: Policies) {
        notes += policies.unknown(sizes).map {
            StatusReport.Group(name: $0.group.rawValue, users: $0.users, isConfigured: false).remark
        }
    }

    /// Listens briefly where the page would; `served` is the address at which a running daemon serves it.
    mutating func checkPort(_ web: WebSettings, served: String?) {
        guard let address = web.listen, address.description != served else { return }
        guard let problem = asDaemon({ address.problem }) ?? nil else { return }
        if case .taken = problem, served?.hasSuffix(":\(address.port)") == true {
            // The port is the daemon's own, at another address: it is free once the daemon ends.
            return notes.append(
                "web.listen: \(address) cannot be tried while the daemon listens on \(served ?? "")")
        }
        add(problem.description, problem.remedy, at: "web.listen")
    }
}
