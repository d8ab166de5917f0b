import Glibc
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import SQLiteStore
import TokenVault
import WebPage

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
            case .newerVersion, .notAStore, .leftoverFiles, .missing, .displaced, .notAllowed, .full, .unreachable:
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
