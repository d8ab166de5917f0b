import Glibc
package import RefreshCore

/// A secret in a file of its own, which only its owner may be able to read.
///
/// The exception is a group that contains only this process's user (`GroupAudience`).
package enum SecretFile {
    /// 64 KiB.
    package static let largest = 65_536

    /// Reads the whole file, including a line break at its end.
    ///
    /// Symbolic links are followed: secrets are often links into a directory that is swapped as a whole, and the checks
    /// apply to the opened file, not to its name. The owner must be root or the user that the daemon runs as, as any
    /// other owner could change the secret. If root runs a command beside a daemon of another user, that user is
    /// `trusted`.
    package static func read(_ path: String, trusted: UInt32? = nil) throws(SecretFileProblem) -> Secret {
        try read(path, trusted: trusted, audience: .ofThisProcess)
    }

    static func read(
        _ path: String, trusted: UInt32?, audience: @autoclosure () -> GroupAudience
    ) throws(SecretFileProblem) -> Secret {
        do {
            let file = try RegularFile(path: path)
            let mode = UInt32(file.status.st_mode) & 0o7777
            let owner = file.status.st_uid
            // A file of root that a group may read, but others may not: a secret volume of Kubernetes.
            let isForGroup = mode & 0o077 == 0o040 && owner == 0
            guard mode & 0o077 == 0 || isForGroup && audience().isAlone(in: file.status.st_gid) else {
                throw SecretFileProblem.openToOthers(path: path, mode: mode)
            }
            guard owner == 0 || owner == geteuid() || owner == trusted else {
                throw SecretFileProblem.foreignOwner(path: path, owner: owner)
            }
            return try file.secret(limit: largest)
        } catch let problem as RegularFile.Problem {
            throw SecretFileProblem(problem, path: path)
        } catch let problem as SecretFileProblem {
            throw problem
        } catch {
            throw .unreadable(path: path, detail: "\(error)")
        }
    }
}

/// Why a secret file was not read; says what to do, and reveals none of its content.
package enum SecretFileProblem: Error, Equatable, Sendable, CustomStringConvertible {
    case missing(path: String)
    /// The daemon's user may not open it.
    case notAllowed(path: String)
    case notAFile(path: String)
    case tooLarge(path: String)
    case openToOthers(path: String, mode: UInt32)
    case foreignOwner(path: String, owner: UInt32)
    case unreadable(path: String, detail: String)
    case notReplaced(path: String, detail: String)
    /// It was replaced, and may be the earlier one again after a power failure.
    case notOnDisk(path: String, detail: String)

    init(_ problem: RegularFile.Problem, path: String) {
        switch problem {
        case .missing: self = .missing(path: path)
        case .notAllowed: self = .notAllowed(path: path)
        case .notRegular: self = .notAFile(path: path)
        case .tooLarge: self = .tooLarge(path: path)
        case .failed(let code): self = .unreadable(path: path, detail: systemText(code))
        }
    }

    package var description: String {
        switch self {
        case .missing(let path): "\(path): no such file; create it, or name the right one"
        case .notAllowed(let path):
            "\(path): the daemon may not read it; run: chown bankrefreshd: \(path), or name it in LoadCredential="
        case .notAFile(let path): "\(path): not a regular file; name the file that holds the secret"
        case .tooLarge(let path): "\(path): larger than 64 KiB; is it the right file?"
        case .openToOthers(let path, let mode):
            "\(path): others can read it (mode 0\(String(mode, radix: 8))); run: chmod 600 \(path)"
        case .foreignOwner(let path, let owner):
            "\(path): it belongs to the user with id \(owner), who could change it; run: chown bankrefreshd: \(path)"
        case .unreadable(let path, let detail): "\(path): cannot be read: \(detail)"
        case .notReplaced(let path, let detail): "\(path): cannot be changed, and is as it was: \(detail)"
        case .notOnDisk(let path, let detail):
            "\(path): was changed, but the disk does not confirm it (\(detail)); after a power failure it may be as it was"
        }
    }
}

/// Changes a secret file atomically: a reader, even after a crash, finds either the old or the new content.
package enum SecretFileEdit {
    /// Replaces the content with the result of `change`, and returns the old content.
    ///
    /// The new content is written to a file next to it, with the same owner and mode, and is on disk before this
    /// returns. A link stays a link. Of two concurrent edits, the second is refused.
    @discardableResult
    package static func edit<Refusal: Error>(
        _ name: String, trusted: UInt32? = nil, _ change: (Secret) throws(Refusal) -> Secret
    ) throws -> Secret {
        guard let resolved = realpath(name, nil) else {
            throw errno == ENOENT
                ? SecretFileProblem.missing(path: name) : .unreadable(path: name, detail: systemText(errno))
        }
        defer { free(resolved) }
        let path = String(cString: resolved)
        let lock = try locked(path)
        defer { close(lock) }
        let old = try SecretFile.read(path, trusted: trusted)
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure(path) }
        let new = try change(old)
        try replace(path, by: new, like: status)
        return old
    }

    /// Opens and locks the file that currently has this name.
    private static func locked(_ path: String) throws(SecretFileProblem) -> Int32 {
        while true {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
            guard descriptor >= 0 else {
                throw errno == EACCES ? .notAllowed(path: path) : failure(path)
            }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                close(descriptor)
                throw .notReplaced(path: path, detail: "another command is changing it")
            }
            var (held, named) = (stat(), stat())
            if fstat(descriptor, &held) == 0, stat(path, &named) == 0, held.st_ino == named.st_ino { return descriptor }
            // The file was replaced before it was locked.
            close(descriptor)
        }
    }

    private static func replace(_ path: String, by secret: Secret, like status: stat) throws(SecretFileProblem) {
        let beside = path + ".new"
        // Left behind by an edit that was killed; the lock rules out another edit.
        unlink(beside)
        let descriptor = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure(beside) }
        defer { close(descriptor) }
        let isWritten = secret.withBytes { bytes in
            var count = 0
            while count < bytes.count {
                // Stays within the bytes, as `count` is less than their number.
                let written = write(descriptor, bytes.baseAddress.map { $0 + count }, bytes.count - count)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { return false }
                count += written
            }
            return true
        }
        let isOwned =
            (status.st_uid == geteuid() && status.st_gid == getegid())
            || fchown(descriptor, status.st_uid, status.st_gid) == 0
        guard isWritten, isOwned, fchmod(descriptor, status.st_mode & 0o7777) == 0, fsync(descriptor) == 0,
            rename(beside, path) == 0
        else {
            let problem = failure(path)
            unlink(beside)
            throw problem
        }
        let directory = open(String(path[...(path.lastIndex(of: "/") ?? path.startIndex)]), O_RDONLY | O_DIRECTORY)
        guard directory >= 0 else { throw .notOnDisk(path: path, detail: systemText(errno)) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw .notOnDisk(path: path, detail: systemText(errno)) }
    }

    private static func failure(_ path: String) -> SecretFileProblem {
        .notReplaced(path: path, detail: systemText(errno))
    }
}
