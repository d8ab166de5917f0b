import Glibc
package import RefreshCore

/// A secret in a file of its own, refused unless its owner alone can read it.
package enum SecretFile {
    /// 64 KiB.
    package static let largest = 65_536

    /// Reads the file whole; a line break at its end is part of it.
    ///
    /// Symbolic links are followed: secrets are commonly links into a directory that is swapped as a whole, and the
    /// checks are made on the file that was opened, not on its name. The owner must be root or the user that the
    /// daemon runs as: anybody else could change the secret. For root, who runs commands beside a daemon of another user,
    /// that user is `trusted`.
    package static func read(_ path: String, trusted: UInt32? = nil) throws(SecretFileProblem) -> Secret {
        do {
            let file = try RegularFile(path: path)
            let mode = UInt32(file.status.st_mode) & 0o7777
            guard mode & 0o077 == 0 else { throw SecretFileProblem.openToOthers(path: path, mode: mode) }
            let owner = file.status.st_uid
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
