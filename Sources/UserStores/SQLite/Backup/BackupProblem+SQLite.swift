import Glibc
import RefreshCore

extension BackupProblem {
    /// What the writing of a backup met, in the words for a backup.
    init(writing file: String, _ error: any Error) {
        if let problem = error as? BackupProblem {
            self = problem
            return
        }
        let directory = StoreFile.directory(of: file)
        let obstacle: Obstacle =
            switch StoreProblem(error, place: file) {
            case _ where access(directory, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR): .noDirectory
            case .full: .full
            case .notAllowed(_, let detail): .notAllowed(detail)
            case .unreachable(_, let detail), .notAStore(_, let detail): .failed(detail)
            case let problem: .failed(problem.description)
            }
        self = .notWritten(file: file, obstacle)
    }
}

extension BackupFailure {
    /// What ended the writing of a backup to `file`.
    init(writing file: String, _ error: any Error) {
        switch error {
        case is CancellationError: self = .cancelled
        case let problem as StoreProblem: self = .store(problem)
        default: self = .backup(BackupProblem(writing: file, error))
        }
    }
}
