import RefreshCore

extension CommandFailure {
    init(_ problem: StoreProblem) {
        self.init(problem.exit, problem.description, remedy: problem.remedy)
    }
}

extension StoreProblem {
    fileprivate var exit: SystemExit {
        switch self {
        case .heldByAnother, .full, .unreachable, .displaced: .tryLater
        case .newerVersion, .keyDoesNotFit, .otherEnvironment, .missing: .configuration
        case .notAStore, .leftoverFiles: .badData
        case .notAllowed: .notAllowed
        }
    }
}
