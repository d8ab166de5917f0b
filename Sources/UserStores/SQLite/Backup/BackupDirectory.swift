import GRDB
import Glibc
package import RefreshCore

/// The backups of one store in a directory, each named after the moment at which it was taken.
///
/// Files with other names and backups of other stores are left alone: an empty store that was created by mistake must
/// not push out the backups of the previous store.
package struct BackupDirectory: Sendable {
    private static let prefix = "store-"
    private static let suffix = ".sqlite"

    private let path: String
    private let seed: UInt64

    /// `seed` is the store's own.
    package init(_ path: String, of seed: UInt64) {
        self.path = path.hasSuffix("/") ? path : path + "/"
        self.seed = seed
    }

    /// Creates the directory, accessible to its owner only, unless it exists; its parent must exist.
    package func make() throws(BackupProblem) {
        guard mkdir(path, 0o700) != 0 else { return }
        let code = errno
        guard code != EEXIST else { return }
        throw BackupProblem(
            writing: String(path.dropLast()), StoreFile.problem(code, at: String(path.dropLast()), for: path))
    }

    /// The path of a backup taken at `moment`: `store-2026-11-29T06-00-00Z.sqlite`.
    package func file(of moment: Timestamp) -> String {
        path + Self.prefix + moment.description.replacing(":", with: "-") + Self.suffix
    }

    /// The moment of the newest backup; nil if there is none.
    package func newest() -> Timestamp? {
        backups().last?.moment
    }

    /// Removes partial files left by interrupted backups.
    ///
    /// In a directory that hosts share, it waits until an hour after their last write: the process of another host is
    /// not known here.
    package func removeAbandoned(isShared: Bool) {
        PartialFile.removeAbandoned(in: path, writtenBefore: isShared ? time(nil) - 3_600 : .max) {
            $0.hasPrefix(Self.prefix)
        }
    }

    /// Removes all but the newest `count` backups after one was made at `moment`, which always stays.
    ///
    /// Backups dated later were made while the clock was ahead. They count as the oldest and are removed first.
    package func prune(keeping count: Int, madeAt moment: Timestamp) {
        let found = backups()
        let ranked = found.filter { $0.moment > moment } + found.filter { $0.moment <= moment }
        for backup in ranked.dropLast(max(1, count)) { unlink(path + backup.name) }
    }

    /// The backups in the order of their moments.
    private func backups() -> [(name: String, moment: Timestamp)] {
        let found = StoreFile.names(in: path).compactMap { name -> (name: String, moment: Timestamp)? in
            guard let moment = Self.moment(of: name), StoreHeader(path: path + name)?.isBackup == true,
                Self.seed(of: path + name) == seed
            else { return nil }
            return (name, moment)
        }
        return found.sorted { $0.moment < $1.moment }
    }

    /// The seed of a backup's store; nil if it cannot be read, and then the file is left alone.
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
