import Glibc
import GRDB
import RefreshCore
import Synchronization

/// A consistent copy of a store that stays in use.
///
/// Pages are copied within one read transaction: it does not see later commits, and nothing makes the copy start over.
/// VACUUM would write a smaller file in twice the time.
struct StoreCopy {
    /// Pages per batch: some milliseconds of copying.
    private static let pagesAtOnce: CInt = 1_000

    /// Whether to pause after each batch for as long as it took, so that other work gets the disk and the processor.
    var isPatient = true
    /// Asked after each batch; the copy is dropped when it returns false.
    var isWanted: @Sendable () -> Bool = { true }

    /// Copies what `db` reads into the empty file `target`, which has no other reader, and marks it as a backup.
    ///
    /// The copy needs no file beside it. Nothing of it is durable before `StoreFile.publish`.
    func make(of db: Database, to target: String, at moment: Timestamp, version: String) throws -> BackupMark {
        // The first read fixes the snapshot.
        let users = try Int.fetchOne(db, sql: "SELECT count(*) FROM schedule") ?? 0
        let mark = BackupMark(takenAt: moment, version: version, users: users)
        var configuration = Configuration()
        configuration.label = "copy"
        configuration.prepareDatabase { db in
            // No other connection sees the file, and a crash only leaves a partial file that is thrown away.
            try db.execute(
                sql: "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
        }
        let queue = try DatabaseQueue(path: target, configuration: configuration)
        defer { try? queue.close() }
        try queue.writeWithoutTransaction { copy in
            try transfer(from: db, to: copy)
            // Without a log a backup is one file.
            try copy.execute(sql: "PRAGMA journal_mode = DELETE")
            try copy.inTransaction {
                try mark.write(in: copy)
                return .commit
            }
        }
        return mark
    }

    private func transfer(from db: Database, to copy: Database) throws {
        let clock = ContinuousClock()
        var began = clock.now
        try db.backup(to: copy, pagesPerStep: Self.pagesAtOnce) { _ in
            guard isWanted() else { throw CancellationError() }
            if isPatient {
                let busy = min(began.duration(to: clock.now), .milliseconds(200))
                usleep(useconds_t(busy.components.attoseconds / 1_000_000_000_000))
            }
            began = clock.now
        }
    }

    /// Throws if the file is damaged; passes `beginning` the connection, so that the check can be interrupted.
    ///
    /// If `isThorough`, also checks the indexes against their tables, which takes several times as long.
    static func check(
        _ path: String, isThorough: Bool = false, beginning: (DatabaseQueue) throws -> Void = { _ in }
    ) throws {
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        try beginning(queue)
        let found = try queue.read { db in
            try String.fetchOne(db, sql: isThorough ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)")
        }
        guard found == "ok" else { throw DamagedStore(what: found ?? "it cannot be checked") }
    }
}

/// Keeps copies of the store's file and sweeps of it apart, across processes, with flock(2) on the file itself.
///
/// A copy reads for a long time. A sweep has to empty the log, which waits for readers and meanwhile holds up the
/// queue, so the sweep waits for the copy to end first. Each side has a lock of its own.
final class CopyLock: Sendable {
    /// Stays open while the file is open with SQLite: closing any descriptor of the file would free SQLite's own locks.
    private let descriptor: Int32
    /// How many copies or sweeps of this side hold the lock; they share it.
    private let count = Mutex(0)

    init(path: String) throws(StoreProblem) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreFile.problem(errno, at: path, for: path) }
    }

    deinit {
        close(descriptor)
    }

    /// Takes the lock for a copy; waits for a sweep to end.
    func share() {
        count.withLock { count in
            if count == 0 { while flock(descriptor, LOCK_SH) != 0, errno == EINTR {} }
            count += 1
        }
    }

    /// Takes the lock for a sweep; returns false while a copy holds it.
    func tryToOwn() -> Bool {
        count.withLock { count in
            guard count > 0 || flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return false }
            count += 1
            return true
        }
    }

    func release() {
        count.withLock { count in
            count -= 1
            if count == 0 { flock(descriptor, LOCK_UN) }
        }
    }
}

extension BackupMark {
    /// Nil unless the database is a backup.
    init?(in db: Database) throws {
        guard let moment = try Meta.integer(.backupTakenAt, in: db) else { return nil }
        self.init(
            takenAt: Timestamp(microsecondsSinceEpoch: moment), version: try Meta.text(.backupTakenBy, in: db) ?? "",
            users: Int(try Meta.integer(.backupUsers, in: db) ?? 0))
    }

    func write(in db: Database) throws {
        try Meta.set(.backupTakenAt, to: takenAt.microsecondsSinceEpoch, in: db)
        try Meta.set(.backupTakenBy, to: version, in: db)
        try Meta.set(.backupUsers, to: users, in: db)
        try db.execute(sql: "PRAGMA user_version = \(StoreHeader.backup)")
    }

    static func remove(in db: Database) throws {
        for key in [Meta.Key.backupTakenAt, .backupTakenBy, .backupUsers] { try Meta.remove(key, in: db) }
        try db.execute(sql: "PRAGMA user_version = 0")
    }
}
