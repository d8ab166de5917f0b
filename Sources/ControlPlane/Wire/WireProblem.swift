import RefreshCore
import RefreshDaemon

/// Why a request was not done: a message for people, the rest for programs.
struct WireProblem: Codable, Equatable {
    enum Code: String, Codable, CaseIterable {
        // What an operation says.
        case noSuchUser, userExists, inFlight, daemonNotRunning, stopping, configurationRefused, badRequest, store,
            failed
        // What the server itself says.
        case noSuchRoute, methodNotAllowed, tooLarge, timeout
    }

    let code: Code
    let message: String
    /// The user in question, with `noSuchUser`, `userExists` and `inFlight`.
    var user: String?
    /// With `configurationRefused`.
    var problems: [String]?
    /// With `store`.
    var store: WireStoreProblem?

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    init(_ problem: OperationProblem) {
        switch problem {
        case .noSuchUser(let id):
            self.init(.noSuchUser, "there is no user \(id)")
            user = id.rawValue
        case .userExists(let id):
            self.init(.userExists, "there is a user \(id) already")
            user = id.rawValue
        case .inFlight(let id):
            self.init(.inFlight, "user \(id) is being called; try again in a moment")
            user = id.rawValue
        case .daemonNotRunning: self.init(.daemonNotRunning, "only a running daemon can do this")
        case .stopping: self.init(.stopping, "the daemon is stopping; try again when it is up")
        case .configurationRefused(let problems):
            self.init(.configurationRefused, "the configuration was refused; the old one stays in force")
            self.problems = problems
        case .badRequest(let text): self.init(.badRequest, text)
        case .store(let problem):
            let wire = WireStoreProblem(problem)
            self.init(.store, wire.message)
            store = wire
        case .failed(let text): self.init(.failed, text)
        }
    }

    private var id: UserID? { user.flatMap { try? UserID($0) } }

    /// The problem as the operation threw it; nil when it is none, or when its parts do not fit.
    var operationProblem: OperationProblem? {
        switch code {
        case .noSuchUser: return id.map(OperationProblem.noSuchUser)
        case .userExists: return id.map(OperationProblem.userExists)
        case .inFlight: return id.map(OperationProblem.inFlight)
        case .daemonNotRunning: return .daemonNotRunning
        case .stopping: return .stopping
        case .configurationRefused: return problems.map(OperationProblem.configurationRefused)
        case .badRequest, .tooLarge, .timeout: return .badRequest(message)
        case .store: return store?.problem.map(OperationProblem.store)
        case .failed: return .failed(message)
        case .noSuchRoute, .methodNotAllowed: return nil
        }
    }
}

/// The body of every answer that is not a success.
struct ProblemAnswer: Codable, Equatable {
    let error: WireProblem
}
