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
    var notes: [String] = []
    /// The configuration's.
    let file: String
    /// The server that answered and has the store, or would; nil where it is a file, or none answered.
    var server: String?
    let unit: InstalledUnit?
    /// Nil where this user's rights are not known to be those that count, or are root's and count.
    let service: ServiceView?
    let isDaemonRunning: Bool

    /// Looks at the key, the certificates, the directories, the store and the page's port; changes nothing.
    ///
    /// Root looks as the daemon's user inside what the unit allows. Of a daemon that runs, its next start is meant.
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
        // What keeps the daemon from the directory is told once.
        if isOnServer {
            checkServer(configuration, keys: keys, countsGroups: status == nil)
        } else if isStoreInReach {
            checkStore(configuration, keys: keys, countsGroups: status == nil)
        }
        // One that does not tell where it listens may be what listens there.
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

    /// As the daemon reads them.
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
            // Looked at by itself.
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

/// The store that is there, and the address of the page.
extension StartConditions {
    /// `keys` are nil where they could not be had.
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
            // Somebody works with it right now.
            case .heldByAnother: break
            case .newerVersion, .notAStore, .leftoverFiles, .missing, .displaced, .notAllowed, .full, .unreachable,
                .unfit, .memberOfSameName, .olderMembers, .closed:
                add(problem, at: "store.sqlite.path")
            }
        } catch {
            add(StoreProblem.unreachable(place: path, detail: "\(error)"), at: "store.sqlite.path")
        }
    }

    /// With the rights of the daemon's user: what SQLite makes beside the store meanwhile must not be root's.
    private func read<Answer>(_ body: () throws -> Answer) throws -> Answer? {
        guard let service else { return try body() }
        return try service.user.acting(body)
    }

    /// Whoever is in a group that the file does not name would follow everybody's rules.
    mutating func checkGroups(_ sizes: [GroupSize], _ policies: Policies) {
        notes += policies.unknown(sizes).map {
            StatusReport.Group(name: $0.group.rawValue, users: $0.users, isConfigured: false).remark
        }
    }

    /// Listens where the page would, for a moment; `served` is where a daemon that runs serves it.
    mutating func checkPort(_ web: WebSettings, served: String?) {
        guard let address = web.listen.map(WebAddress.init), address.description != served else { return }
        let problem = service.map { $0.user.acting { address.problem } ?? nil } ?? address.problem
        guard let problem else { return }
        if case .taken = problem, served?.hasSuffix(":\(address.port)") == true {
            // The daemon's own port, by another of its addresses: free once it ends.
            return notes.append(
                "web.listen: \(address) cannot be tried while the daemon listens on \(served ?? "")")
        }
        add(problem.description, problem.remedy, at: "web.listen")
    }
}
