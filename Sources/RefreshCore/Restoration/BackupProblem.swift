/// Why a backup cannot be made or used; a problem of the store itself is a `StoreProblem`.
package enum BackupProblem: Error, Equatable, Sendable {
    package enum Obstacle: Equatable, Sendable {
        case notAllowed(String)
        case full
        case noDirectory
        case failed(String)
    }

    case notWritten(file: String, Obstacle)
    /// A backup of another store is already there, and would be lost.
    case ofAnotherStore(file: String)
    /// A file to be restored or checked cannot be used.
    case unusable(file: String, StoreProblem)
    /// The tokens of this number of users are damaged or sealed with another key; the first users.
    case tokensDoNotOpen(file: String, count: Int, first: [UserID])
}

/// Why no backup was made.
package enum BackupFailure: Error, Equatable, Sendable {
    case cancelled
    case backup(BackupProblem)
    /// What is wrong with the store itself.
    case store(StoreProblem)
}

extension BackupProblem: CustomStringConvertible {
    /// What is wrong, with its place.
    package var description: String {
        switch self {
        case .notWritten(let file, let obstacle): "the backup \(file) cannot be written: \(Self.words(obstacle, file))"
        case .ofAnotherStore(let file): "\(file) already exists and is a backup of another store"
        case .unusable(let file, let problem): Self.words(problem, file)
        case .tokensDoNotOpen(let file, let count, let first):
            "tokens of \(count) \(count == 1 ? "user" : "users") in \(file) do not open with the keys at hand: "
                + first.map(\.rawValue).joined(separator: ", ") + (count > first.count ? ", …" : "")
        }
    }

    /// What to do; nil if that depends.
    package var remedy: String? {
        switch self {
        case .notWritten(let file, .notAllowed):
            "let the user who makes the backup write there; for the daemon: chown bankrefreshd: "
                + "\(DirectoryPath.of(file)), and under systemd: systemctl edit bankrefreshd, [Service], "
                + "ReadWritePaths=\(DirectoryPath.of(file))"
        case .notWritten(_, .full): "make room; existing backups stay"
        case .notWritten(let file, .noDirectory):
            "mount it, or make it: install -d -m 0700 -o bankrefreshd \(DirectoryPath.of(file))"
        case .notWritten(_, .failed): nil
        case .ofAnotherStore: "name another file; or, if that backup is no longer needed, remove it"
        case .unusable(let file, let problem): Self.remedy(problem, file)
        case .tokensDoNotOpen(let file, _, _):
            "the store is as it was; put the key from the time of the backup where store.key points, or use another "
                + "backup; to let these users wait for new tokens: bankrefreshd store restore --allow-unopened \(file)"
        }
    }

    private static func words(_ obstacle: Obstacle, _ file: String) -> String {
        switch obstacle {
        case .notAllowed(let detail), .failed(let detail): without(file, detail)
        case .full: "its disk is full"
        case .noDirectory: "there is no directory \(DirectoryPath.of(file))"
        }
    }

    private static func words(_ problem: StoreProblem, _ file: String) -> String {
        switch problem {
        case .newerVersion: "\(file) was written by a newer version of bankrefreshd"
        case .keyDoesNotFit(_, let sealedWith, let atHand):
            "the key does not fit the backup \(file): its tokens are sealed with key \(sealedWith),"
                + " at hand is \(atHand.isEmpty ? "none" : atHand.joined(separator: ", "))"
        case .otherEnvironment(_, let tokensOf, let configured):
            "the tokens in the backup \(file) belong to \(tokensOf), but the configuration says \(configured)"
        case .notAStore(_, let detail): "\(file) is not a usable backup: \(without(file, detail))"
        case .leftoverFiles(_, let files):
            "beside the backup \(file) are files of a store: \(files.joined(separator: ", "))"
        case .missing, .displaced: "there is no backup \(file)"
        case .heldByAnother, .memberOfSameName, .olderMembers: "\(file) is in use by another process"
        case .notAllowed(_, let detail, _), .unreachable(_, let detail, _), .unfit(_, let detail, _):
            "the backup \(file) cannot be read: \(without(file, detail))"
        case .full: "the backup \(file) cannot be read: the disk is full"
        case .closed(_, let closure): "the backup \(file) is of a store that \(closure)"
        }
    }

    private static func remedy(_ problem: StoreProblem, _ file: String) -> String? {
        switch problem {
        case .newerVersion: "install that version"
        case .keyDoesNotFit:
            "put the key from the time of the backup, which is kept apart from it, where store.key points"
        case .otherEnvironment(_, let tokensOf, _): "use it where the section api says \(tokensOf)"
        case .notAStore: "use another backup"
        case .leftoverFiles: "move the backup elsewhere: a backup is a single file"
        case .notAllowed: "run as root, or as the owner of the file and its directory"
        case .heldByAnother, .memberOfSameName, .olderMembers: "end that process first"
        case .closed: "restore one that was made before, or work with the store that its users were moved to"
        case .missing, .displaced, .full, .unreachable, .unfit: nil
        }
    }

    /// Removes the file's name, with which the system's details begin.
    private static func without(_ file: String, _ detail: String) -> String {
        detail.hasPrefix(file + ": ") ? String(detail.dropFirst(file.count + 2)) : detail
    }
}
