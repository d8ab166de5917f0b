import GRDB
import Glibc
package import RefreshCore

/// Backups of one store in a directory, each named after the moment it was taken at.
///
/// Files that are named otherwise, and backups of other stores, are nobody's business here: an empty store that was made
/// by mistake must not push out the backups of the one before.
package struct BackupDirectory: Sendable {
    private static let prefix = "store-"
    private static let suffix = ".sqlite"

    private let path: String
    private let seed: UInt64

    /// `seed` is the store's.
    package init(_ path: String, of seed: UInt64) {
        self.path = path.hasSuffix("/") ? path : path + "/"
        self.seed = seed
    }

    /// Makes the directory, for its owner alone, where there is none; the one above has to be there.
    package func make() throws(BackupProblem) {
        guard mkdir(path, 0o700) != 0 else { return }
        let code = errno
        guard code != EEXIST else { return }
        throw BackupProblem(
            writing: String(path.dropLast()), StoreFile.problem(code, at: String(path.dropLast()), for: path))
    }

    /// Where a backup of that moment belongs: `store-2026-11-29T06-00-00Z.sqlite`.
    package func file(of moment: Timestamp) -> String {
        path + Self.prefix + moment.description.replacing(":", with: "-") + Self.suffix
    }

    /// When the newest backup was taken; nil when there is none.
    package func newest() -> Timestamp? {
        backups().last?.moment
    }

    /// Removes what was left of backups that were broken off.
    package func removeAbandoned() {
        PartialFile.removeAbandoned(in: path) { $0.hasPrefix(Self.prefix) }
    }

    /// Removes all but the newest `count`.
    package func prune(keeping count: Int) {
        for backup in backups().dropLast(count) { unlink(path + backup.name) }
    }

    /// In the order of their moments.
    private func backups() -> [(name: String, moment: Timestamp)] {
        let found = StoreFile.names(in: path).compactMap { name -> (name: String, moment: Timestamp)? in
            guard let moment = Self.moment(of: name), StoreHeader(path: path + name)?.isBackup == true,
                Self.seed(of: path + name) == seed
            else { return nil }
            return (name, moment)
        }
        return found.sorted { $0.moment < $1.moment }
    }

    /// Nil where it cannot be read: such a file is left alone.
    static func seed(of backup: String) -> UInt64? {
        var configuration = Configuration()
        configuration.readonly = true
        guard let queue = try? DatabaseQueue(path: backup, configuration: configuration) else { return nil }
        defer { try? queue.close() }
        return (try? queue.read { db in try Meta.integer(.seed, in: db) }).map { UInt64(bitPattern: $0) }
    }

    private static func moment(of name: String) -> Timestamp? {
        guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
        let text = name.dropFirst(prefix.count).dropLast(suffix.count)
        let parts = text.split(separator: "T", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        return Timestamp(rfc3339: "\(parts[0])T\(parts[1].replacing("-", with: ":"))")
    }
}
