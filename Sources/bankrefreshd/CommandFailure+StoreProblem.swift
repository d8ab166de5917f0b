import RefreshCore

extension CommandFailure {
    init(_ problem: StoreProblem) {
        self.init(problem.exit, problem.description, remedy: problem.remedy)
    }

    init(_ problem: BackupProblem) {
        self.init(problem.exit, problem.description, remedy: problem.remedy)
    }
}

extension BackupProblem {
    fileprivate var exit: SystemExit {
        switch self {
        case .notWritten(_, .notAllowed): .notAllowed
        case .notWritten(_, .noDirectory), .ofAnotherStore: .usage
        case .notWritten(_, .full), .notWritten(_, .failed): .tryLater
        case .unusable(_, .missing): .badData
        case .unusable(_, let problem): problem.exit
        case .tokensDoNotOpen: .badData
        }
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
