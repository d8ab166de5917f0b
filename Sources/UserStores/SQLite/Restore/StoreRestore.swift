import GRDB
import Glibc
package import RefreshCore

/// Puts a backup in the place of a store that nobody has open, and keeps what was there beside it.
package struct StoreRestore {
    /// What was done.
    package struct Result: Equatable, Sendable {
        package var restoration: StoreRestoration
        package var users: Int
        /// Where the store before is; nil when there was none.
        package var kept: String?
        /// What came of looking into it; nil when there was none.
        package var earlier: EarlierStore?
    }

    /// What the store before had to tell.
    package enum EarlierStore: Equatable, Sendable {
        case takenOver(TakenOver)
        /// It is damaged, another store, or no newer than the backup.
        case useless(because: String)
    }

    private let path: String
    private let version: String

    package init(to path: String, version: String) {
        self.path = path
        self.version = version
    }

    private var partial: String { path + ".restoring" }

    /// Takes the backup from an open file, from its beginning.
    ///
    /// What it tells of itself is handed to `verifying` first. Whatever fails leaves the store as it was.
    package func run(
        from backup: Int32, at now: Timestamp, verifying verify: (StoreMarks) throws(StoreProblem) -> Void
    ) throws(StoreProblem) -> Result {
        let lock = try claim()
        defer { lock.release() }
        removePartial()
        do {
            let result = try prepare(from: backup, at: now, verifying: verify)
            try exchange(keeping: result.kept)
            // What was noted beside the store before does not hold of this one.
            lock.note(nil)
            return result
        } catch {
            let problem = StoreProblem(error, place: error is StoreProblem ? path : partial)
            removePartial()
            throw problem
        }
    }

    /// A lock file that this user may not open can be no daemon's of this user.
    private func claim() throws(StoreProblem) -> StoreLock {
        do {
            return try StoreLock(path: path)
        } catch .notAllowed(let place, let detail) {
            guard unlink(path + ".lock") == 0 else { throw .notAllowed(place: place, detail: detail) }
            return try StoreLock(path: path)
        }
    }

    private func prepare(
        from backup: Int32, at now: Timestamp, verifying verify: (StoreMarks) throws(StoreProblem) -> Void
    ) throws -> Result {
        try copy(backup)
        guard let found = try StoreInspection.inspect(path: partial) else {
            throw StoreProblem.notAStore(place: partial, detail: "it holds nothing")
        }
        try verify(found.marks)
        try StoreCopy.check(partial, isThorough: true)
        var configuration = Configuration()
        configuration.label = "restore"
        let queue = try DatabaseQueue(path: partial, configuration: configuration)
        defer { try? queue.close() }
        // An older copy by other means may have been made of a store with a log.
        try queue.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA journal_mode = DELETE") }
        try Migrations.migrator(version: version).migrate(queue)
        let isAnything = StoreFile.size(of: path) > 0
        var restoration = StoreRestoration(
            takenAt: found.backup?.takenAt ?? found.lastSeen ?? .epoch, restoredAt: now)
        let earlier = isAnything ? EarlierMoments(path: path).takeOver(into: queue, since: restoration) : nil
        if case .takenOver? = earlier { restoration.isTakenOver = true }
        let users = try queue.write { db in
            try restoration.begin(in: db)
            return try Int.fetchOne(db, sql: "SELECT count(*) FROM users") ?? 0
        }
        let kept = isAnything ? "\(path).before-restore-\(now.description.replacing(":", with: "-"))" : nil
        return Result(restoration: restoration, users: users, kept: kept, earlier: earlier)
    }

    private func copy(_ backup: Int32) throws {
        var status = stat()
        if fstat(backup, &status) == 0 { try StoreFile.checkRoom(for: Int64(status.st_size), at: partial) }
        let (target, _) = try StoreFile.open(partial, for: partial)
        defer { close(target) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var offset = 0
        while true {
            let count = pread(backup, &buffer, buffer.count, offset)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw StoreFile.problem(errno, at: "the backup", for: path) }
            if count == 0 { return }
            var written = 0
            while written < count {
                let part = buffer[written..<count].withUnsafeBytes {
                    pwrite(target, $0.baseAddress, $0.count, offset + written)
                }
                if part < 0, errno == EINTR { continue }
                guard part > 0 else { throw StoreFile.problem(errno, at: partial, for: partial) }
                written += part
            }
            offset += count
        }
    }

    /// At every moment there is a store at the path: a daemon that starts meanwhile must not make a new one.
    private func exchange(keeping kept: String?) throws {
        if let kept {
            guard link(path, kept) == 0 || errno == EPERM && rename(path, kept) == 0 else {
                throw StoreFile.problem(errno, at: kept, for: path)
            }
            for suffix in ["-wal", "-shm"] where access(path + suffix, F_OK) == 0 {
                rename(path + suffix, kept + suffix)
            }
        } else {
            for suffix in ["-wal", "-shm"] { unlink(path + suffix) }
        }
        try StoreFile.publish(partial, as: path)
    }

    private func removePartial() {
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(partial + suffix) }
    }
}
