import GRDB
import Glibc
import RefreshCore

/// A consistent copy of a store that others go on writing to.
///
/// Pages are copied within one transaction that only reads: what is committed meanwhile is not seen, and nothing makes
/// the copy begin anew. VACUUM would write a smaller file in twice the time.
struct StoreCopy {
    /// Some milliseconds of copying.
    private static let pagesAtOnce: CInt = 1_000

    /// Rests after each stretch for as long as that took, so that others get the disk and the processor.
    var isPatient = true
    /// Asked after each stretch; the copy is dropped when it says no.
    var isWanted: @Sendable () -> Bool = { true }

    /// Copies what `db` reads into the empty file `target`, which has no other reader, and marks it as a backup.
    ///
    /// The copy needs no file beside it. Nothing of it is durable before `StoreFile.publish`.
    func make(of db: Database, to target: String, at moment: Timestamp, version: String) throws -> BackupMark {
        // What is read first fixes what is seen.
        let users = try Int.fetchOne(db, sql: "SELECT count(*) FROM schedule") ?? 0
        let mark = BackupMark(takenAt: moment, version: version, users: users)
        var configuration = Configuration()
        configuration.label = "copy"
        configuration.prepareDatabase { db in
            // Nobody else sees the file, and what a crash leaves of it is thrown away.
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

    /// Throws when the file is damaged; `beginning` is told what can be interrupted.
    ///
    /// `isThorough`, the indexes are held against their tables too, which takes several times as long.
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
