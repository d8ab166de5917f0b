import FoundationEssentials
import HTTPTypes
import RefreshCore
import RefreshDaemon

/// Why a request failed: a message for people, and the rest for programs.
struct ControlProblem: Error, Codable, Equatable {
    enum Code: String, Codable, CaseIterable {
        // Problems of an operation.
        case noSuchUser, userExists, inFlight, daemonNotRunning, stopping, configurationRefused, badRequest, store,
            failed
        // Problems of the server itself.
        case noSuchRoute, methodNotAllowed, tooLarge, timeout
    }

    let code: Code
    let message: String
    /// The user that the problem concerns; with `noSuchUser`, `userExists` and `inFlight`.
    var user: UserID?
    /// With `configurationRefused`.
    var problems: [String]?
    /// With `store`.
    var store: StoreProblem?

    init(_ code: Code, _ message: String, user: UserID? = nil) {
        self.code = code
        self.message = message
        self.user = user
    }

    init(_ problem: OperationProblem) {
        switch problem {
        case .noSuchUser(let id): self.init(.noSuchUser, "there is no user \(id)", user: id)
        case .userExists(let id): self.init(.userExists, "there is a user \(id) already", user: id)
        case .inFlight(let id):
            self.init(.inFlight, "user \(id) is being called; try again in a moment", user: id)
        case .daemonNotRunning: self.init(.daemonNotRunning, "only a running daemon can do this")
        case .stopping: self.init(.stopping, "the daemon is stopping; try again when it is up")
        case .configurationRefused(let problems):
            self.init(.configurationRefused, "the configuration was refused; the old one stays in force")
            self.problems = problems
        case .badRequest(let text): self.init(.badRequest, text)
        case .store(let problem):
            self.init(.store, problem.description + (problem.remedy.map { "; \($0)" } ?? ""))
            store = problem
        case .failed(let text): self.init(.failed, text)
        }
    }

    /// Describes any error that an operation, or the reading of its request, threw.
    init(describing error: any Error) {
        switch error {
        case let error as ControlProblem: self = error
        case let error as OperationProblem: self.init(error)
        case let error as StoreProblem: self.init(OperationProblem.store(error))
        case let error as FieldProblem: self.init(.badRequest, error.description)
        case let error as DecodingError: self.init(.badRequest, FieldProblem(error).description)
        case is CancellationError: self.init(OperationProblem.stopping)
        // Only the type of the error is reported: its text may contain anything.
        default: self.init(.failed, "unexpected \(type(of: error)); please report it")
        }
    }

    /// The problem as the operation threw it; nil if it is none, or if its parts do not fit.
    var operationProblem: OperationProblem? {
        switch code {
        case .noSuchUser: user.map(OperationProblem.noSuchUser)
        case .userExists: user.map(OperationProblem.userExists)
        case .inFlight: user.map(OperationProblem.inFlight)
        case .daemonNotRunning: .daemonNotRunning
        case .stopping: .stopping
        case .configurationRefused: problems.map(OperationProblem.configurationRefused)
        case .badRequest, .tooLarge, .timeout: .badRequest(message)
        case .store: store.map(OperationProblem.store)
        case .failed: .failed(message)
        case .noSuchRoute, .methodNotAllowed: nil
        }
    }

    var status: HTTPResponse.Status {
        switch code {
        case .noSuchUser, .noSuchRoute: .notFound
        case .userExists, .inFlight: .conflict
        case .methodNotAllowed: .methodNotAllowed
        case .badRequest: .badRequest
        case .tooLarge: .contentTooLarge
        case .timeout: .requestTimeout
        case .configurationRefused: .unprocessableContent
        case .stopping, .daemonNotRunning: .serviceUnavailable
        case .store:
            if case .full = store {
                .init(code: 507, reasonPhrase: "Insufficient Storage")
            } else {
                .serviceUnavailable
            }
        case .failed: .internalServerError
        }
    }
}

/// The body of every answer that is not a success.
struct ProblemAnswer: Codable, Equatable {
    let error: ControlProblem
}

/// JSON as the control API writes and reads it: keys in order, slashes as they are.
enum ControlJSON {
    static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    static func decode<Value: Decodable>(_ type: Value.Type = Value.self, from data: Data) throws -> Value {
        try JSONDecoder().decode(type, from: data)
    }
}
