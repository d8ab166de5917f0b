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

    fileprivate var remedy: String? {
        switch self {
        case .heldByAnother: "end that process, or ask the daemon through its control socket"
        case .newerVersion(_, nil): "install that version again; this one changes nothing in it"
        case .newerVersion(_, let copy?):
            "install that version again; or go back to how the store was before its upgrade: "
                + "bankrefreshd store restore \(copy)"
        case .keyDoesNotFit:
            "put the right key where store.key points; nothing was changed; if that key is lost for good: "
                + "bankrefreshd key replace --lost"
        case .otherEnvironment(_, _, let configured):
            "mend the section api, or the path of the store; if the tokens really belong there now: "
                + "bankrefreshd store adopt \(configured)"
        case .notAStore:
            "restore it from a backup: bankrefreshd store restore FILE; or move it away to begin anew"
        case .leftoverFiles(_, let files):
            "remove them, then start again: rm \(files.joined(separator: " ")); next time: "
                + "bankrefreshd store restore FILE"
        case .missing:
            "mount what holds it, or restore it from a backup: bankrefreshd store restore FILE; for a first start "
                + "set store.mustExist to false"
        case .displaced: "put the file back where it was; the daemon goes on by itself then"
        case .notAllowed: "run as the user bankrefreshd, or give it rights to the directory"
        case .full: "make room; nothing is lost"
        case .unreachable: nil
        }
    }
}
