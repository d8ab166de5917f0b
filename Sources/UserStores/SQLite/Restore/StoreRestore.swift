import Glibc
import GRDB
package import RefreshCore

/// Replaces a store that no process has open by a backup, and keeps the earlier store beside it.
package struct StoreRestore {
    /// What a restore did.
    package struct Result: Equatable, Sendable {
        package var restoration: StoreRestoration
        package var users: Int
        /// The path of the earlier store; nil if there was none.
        package var kept: String?
        /// What was found in the earlier store; nil if there was none.
        package var earlier: EarlierStore?
        /// The restored users with a token that does not open.
        package var unopened = UnopenedTokens()
    }

    /// What could be learned from the earlier store.
    package enum EarlierStore: Equatable, Sendable {
        case takenOver(TakenOver)
        /// It is damaged, another store, or older than the backup.
        case useless(because: String)
    }

    private let path: String
    private let version: String

    package init(to path: String, version: String) {
        self.path = path
        self.version = version
    }

    private var partial: String { path + ".restoring" }

    /// Restores the backup from the beginning of an open file.
    ///
    /// Passes what the backup says about itself to `verifying` first, and asks `opens` about every token. If some
    /// tokens do not open, the restore is refused unless it `allowsUnopened`. A failure before the exchange of the
    /// files leaves the store as it was. Every error is a `StoreProblem`, or a `BackupProblem` that names the backup
    /// `name`.
    package func run(
        from backup: Int32, named name: String, at now: Timestamp, allowsUnopened: Bool = false,
        verifying verify: (StoreMarks) throws(StoreProblem) -> Void, opens: @escaping @Sendable (SealedText) -> Bool
    ) throws -> Result {
        let lock = try claim()
        defer { lock.release() }
        removePartial()
        do {
            var result = try prepare(from: backup, at: now, verifying: verify) { db in
                let unopened = try UnopenedTokens(in: db, opens)
                guard unopened.count == 0 || allowsUnopened else {
                    throw BackupProblem.tokensDoNotOpen(file: name, count: unopened.count, first: unopened.first)
                }
                return unopened
            }
            result.kept = try exchange(at: now)
            // Notes about the earlier store do not apply to this one.
            lock.note(nil)
            return result
        } catch let problem as BackupProblem {
            removePartial()
            throw problem
        } catch {
            let problem = StoreProblem(error, place: partial)
            removePartial()
            throw problem
        }
    }

    /// Takes the store's lock; a lock file that this user may not open cannot belong to a daemon of this user.
    private func claim() throws(StoreProblem) -> StoreLock {
        do {
            return try StoreLock(path: path)
        } catch .notAllowed(let place, let detail, _) {
            guard unlink(path + ".lock") == 0 else { throw .notAllowed(place: place, detail: detail) }
            return try StoreLock(path: path)
        }
    }

    private func prepare(
        from backup: Int32, at now: Timestamp, verifying verify: (StoreMarks) throws(StoreProblem) -> Void,
        examining examine: (Database) throws -> UnopenedTokens
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
        // A copy made by other means may come from a store in WAL mode.
        try queue.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA journal_mode = DELETE") }
        try Migrations.migrator(version: version).migrate(queue)
        let unopened = try queue.read(examine)
        let isAnything = StoreFile.size(of: path) > 0
        var restoration = StoreRestoration(
            takenAt: found.backup?.takenAt ?? found.lastSeen ?? .epoch, restoredAt: now)
        let earlier = isAnything ? EarlierMoments(path: path).takeOver(into: queue, since: restoration) : nil
        if case .takenOver? = earlier { restoration.isTakenOver = true }
        let users = try queue.write { db in
            try restoration.begin(in: db)
            return try Int.fetchOne(db, sql: "SELECT count(*) FROM users") ?? 0
        }
        return Result(restoration: restoration, users: users, earlier: earlier, unopened: unopened)
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

    /// Puts the new file in place; returns the path of the earlier store, nil if there was none.
    ///
    /// With hard links, there is a store at the path at every moment: a daemon that starts meanwhile must not create a
    /// new one. If a step fails, the earlier store is there again, with its log.
    private func exchange(at now: Timestamp) throws -> String? {
        guard StoreFile.size(of: path) > 0 else {
            for suffix in ["-wal", "-shm"] { unlink(path + suffix) }
            try StoreFile.publish(partial, as: path)
            return nil
        }
        try StoreFile.synchronize(partial, for: path)
        let name = nameToKeep(at: now)
        let isLinked = link(path, name) == 0
        guard isLinked || errno == EPERM && rename(path, name) == 0 else {
            throw StoreFile.problem(errno, at: name, for: path)
        }
        var moved: [String] = []
        do {
            for suffix in ["-wal", "-shm"] where access(path + suffix, F_OK) == 0 {
                guard rename(path + suffix, name + suffix) == 0 else {
                    throw StoreFile.problem(errno, at: name + suffix, for: path)
                }
                moved.append(suffix)
            }
            guard rename(partial, path) == 0 else { throw StoreFile.problem(errno, at: path, for: path) }
        } catch {
            for suffix in moved { rename(name + suffix, path + suffix) }
            _ = isLinked ? unlink(name) : rename(name, path)
            throw error
        }
        try StoreFile.synchronizeDirectory(of: path)
        return name
    }

    /// A free name for the earlier store, even with several restores per second.
    private func nameToKeep(at now: Timestamp) -> String {
        let name = "\(path).before-restore-\(now.description.replacing(":", with: "-"))"
        let isFree = { (name: String) in
            var status = stat()
            return ["", "-wal", "-shm"].allSatisfy { lstat(name + $0, &status) != 0 }
        }
        guard !isFree(name) else { return name }
        var number = 2
        while !isFree("\(name)-\(number)") { number += 1 }
        return "\(name)-\(number)"
    }

    private func removePartial() {
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(partial + suffix) }
    }
}

extension StoreRestoration {
    /// Nil for a store that was not restored from a backup.
    init?(in db: Database) throws {
        guard let restoredAt = try Meta.integer(.restoredAt, in: db),
            let takenAt = try Meta.integer(.restoredFrom, in: db)
        else { return nil }
        self.init(
            takenAt: Timestamp(microsecondsSinceEpoch: takenAt),
            restoredAt: Timestamp(microsecondsSinceEpoch: restoredAt),
            isTakenOver: try Meta.integer(.restoredWithMoments, in: db) == 1,
            isFollowed: try Meta.integer(.restorationFollowed, in: db) == 1,
            isReopening: try Meta.integer(.restorationIsReopening, in: db) == 1)
    }

    func write(in db: Database) throws {
        try Meta.set(.restoredAt, to: restoredAt.microsecondsSinceEpoch, in: db)
        try Meta.set(.restoredFrom, to: takenAt.microsecondsSinceEpoch, in: db)
        try Meta.set(.restoredWithMoments, to: isTakenOver ? 1 : 0, in: db)
        try Meta.set(.restorationFollowed, to: isFollowed ? 1 : 0, in: db)
        try Meta.set(.restorationIsReopening, to: isReopening ? 1 : 0, in: db)
    }

    /// Turns a copy into a store that is known to be restored.
    ///
    /// Unless newer moments were taken over, all users count as called at the moment of the restore.
    func begin(in db: Database) throws {
        try BackupMark.remove(in: db)
        try write(in: db)
        guard !isTakenOver else { return }
        try db.execute(
            sql: "UPDATE schedule SET reached_at = :at WHERE reached_at IS NULL OR reached_at < :at",
            arguments: ["at": restoredAt.microsecondsSinceEpoch])
    }
}
