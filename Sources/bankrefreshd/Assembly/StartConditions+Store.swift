import Glibc
import RefreshConfiguration
import RefreshCore
import SQLiteStore
import TokenVault
import WebPage

/// The store that is there, and the address of the page.
extension StartConditions {
    /// `keys` are nil where they could not be had.
    mutating func checkStore(_ configuration: Configuration, keys: KeyRing?) {
        let path = configuration.store.sqlitePath
        guard access(path, F_OK) == 0 else {
            if configuration.store.mustExist, errno == ENOENT {
                add(StoreProblem.missing(place: path), at: "store.mustExist")
            }
            return
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

    private mutating func add(_ problem: StoreProblem, at path: String) {
        problems.append(Problem(path: path, reason: problem.description, suggestion: problem.remedy))
    }

    /// Listens where the page would, for a moment.
    mutating func checkPort(_ web: WebSettings) {
        guard let address = web.listen.map(WebAddress.init) else { return }
        let problem = service.map { $0.user.acting { address.problem } ?? nil } ?? address.problem
        guard let problem else { return }
        problems.append(Problem(path: "web.listen", reason: problem.description, suggestion: problem.remedy))
    }
}
