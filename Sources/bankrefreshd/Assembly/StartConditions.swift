import ControlPlane
import Glibc
import Host
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
    /// The configuration file.
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
        checkSecret(configuration.api.clientSecret, path: "api.clientSecret", configuration.store) {
            _ = try ClientCredentials(configuration, file: file)
        }
        checkSecret(configuration.api.proxyCredentials, path: "api.proxyCredentials", configuration.store) {
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

    mutating func add(_ obstacle: ServiceView.Obstacle, at path: String) {
        add(obstacle.reason, obstacle.suggestion, at: path)
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

    /// Reads the certificates as the daemon does.
    private mutating func checkCertificates(_ configuration: Configuration) async {
        if let path = configuration.api.caFile, service == nil, access(path, R_OK) != 0, errno == EACCES {
            return noteUnchecked("api.caFile", path)
        }
        if let path = configuration.api.caFile, access(path, F_OK) == 0, let obstacle = service?.obstacle(reading: path)
        {
            return add(obstacle, at: "api.caFile")
        }
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
        if let reason = StoreOpening.whyNoFile(path) {
            return add(reason, StoreOpening.fileRemedy(path), at: "store.sqlite.path")
        }
        if let service {
            let obstacles = ["", "-wal", "-shm", ".lock"].compactMap { service.obstacle(writing: path + $0) }
            for obstacle in obstacles { add(obstacle, at: "store.sqlite.path") }
            guard obstacles.isEmpty else { return }
        } else if access(path, R_OK | W_OK) != 0 {
            return noteUnchecked("store.sqlite.path", path)
        }
        do {
            guard let marks = try read({ try SQLiteUserStore.marks(path: path) }) ?? nil else { return }
            try StoreOpening.check(
                marks, of: path, keys: keys ?? KeyRing(sealing: StoreKey.generate()),
                demands: .init(environment: configuration.api.server.description, mustKeysFit: keys != nil))
            guard countsGroups else { return }
            checkGroups(try read { try SQLiteUserStore.groupSizes(inFileAt: path) } ?? [], configuration.policies)
        } catch let problem as StoreProblem {
            switch problem {
            case .keyDoesNotFit: add(problem, at: "store.key")
            case .otherEnvironment: add(problem, at: "api")
            // Another process is using it at the moment.
            case .heldByAnother: break
            case .newerVersion, .notAStore, .leftoverFiles, .missing, .displaced, .notAllowed, .full, .unreachable,
                .unfit, .memberOfSameName, .olderMembers, .closed:
                add(problem, at: "store.sqlite.path")
            }
        } catch {
            add(StoreProblem.unreachable(place: path, detail: "\(error)"), at: "store.sqlite.path")
        }
    }

    /// Runs `body` with the rights of the daemon's user: files that SQLite makes beside the store must not be root's.
    private func read<Answer>(_ body: () throws -> Answer) throws -> Answer? {
        guard let service else { return try body() }
        return try service.user.acting(body)
    }

    /// Notes groups of users that the file does not name: the general rules would apply to them.
    mutating func checkGroups(_ sizes: [GroupSize], _ policies: Policies) {
        notes += policies.unknown(sizes).map {
            StatusReport.Group(name: $0.group.rawValue, users: $0.users, isConfigured: false).remark
        }
    }

    /// Listens briefly where the page would; `served` is the address at which a running daemon serves it.
    mutating func checkPort(_ web: WebSettings, served: String?) {
        guard let address = web.listen.map(WebAddress.init), address.description != served else { return }
        let problem = service.map { $0.user.acting { address.problem } ?? nil } ?? address.problem
        guard let problem else { return }
        if case .taken = problem, served?.hasSuffix(":\(address.port)") == true {
            // The port is the daemon's own, at another address: it is free once the daemon ends.
            return notes.append(
                "web.listen: \(address) cannot be tried while the daemon listens on \(served ?? "")")
        }
        add(problem.description, problem.remedy, at: "web.listen")
    }
}
