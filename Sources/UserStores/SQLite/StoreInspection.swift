import FoundationEssentials
import GRDB
import Glibc
import RefreshCore

/// What a file holds, found out without changing it.
struct StoreInspection {
    /// "BRfd", in the header of every store: tells it from the databases of other programs.
    static let applicationID: Int64 = 0x4252_6664

    /// What its head told before SQLite looked at it.
    let header: StoreHeader?
    let marks: StoreMarks
    let backup: BackupMark?
    let lastSeen: Timestamp?

    /// Looks into a file that is not empty; nil if the making of the store was broken off before it held anything.
    static func inspect(path: String) throws(StoreProblem) -> StoreInspection? {
        let header = try StoreHeader.checkLeftovers(beside: path)
        var configuration = Configuration()
        configuration.readonly = true
        configuration.label = "store inspection"
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            return try queue.read { db in
                let application = try Int64.fetchOne(db, sql: "PRAGMA application_id") ?? 0
                let tables = try Int64.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
                if application == 0, tables == 0 { return nil }
                guard application == applicationID else {
                    throw StoreProblem.notAStore(place: path, detail: "it is the database of another program")
                }
                guard try !Migrations.migrator(version: "").hasBeenSuperseded(db) else {
                    throw StoreProblem.newerVersion(place: path, copy: UpgradeCopy.existing(of: path))
                }
                return try StoreInspection(
                    header: header, marks: StoreMarks(in: db), backup: BackupMark(in: db),
                    lastSeen: Meta.integer(.lastSeen, in: db).map(Timestamp.init(microsecondsSinceEpoch:)))
            }
        } catch {
            throw StoreProblem(error, place: path)
        }
    }

    /// None of a store that has no log beside it: a reader would make one, which might be another user's.
    static func groupSizes(path: String) throws(StoreProblem) -> [GroupSize] {
        guard ["", "-wal", "-shm"].allSatisfy({ access(path + $0, R_OK) == 0 }) else { return [] }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.label = "store inspection"
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            return try queue.read { db in try db.tableExists("groups") ? GroupSize.all(in: db) : [] }
        } catch {
            throw StoreProblem(error, place: path)
        }
    }
}
