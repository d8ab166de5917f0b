import GRDB
import Glibc
import RefreshCore

/// How the store was before it was upgraded; kept until a start after that one goes well.
enum UpgradeCopy {
    static func path(of store: String) -> String { store + ".before-upgrade" }

    /// Nil when there is none.
    static func existing(of store: String) -> String? {
        let path = path(of: store)
        return access(path, F_OK) == 0 ? path : nil
    }

    /// Copies the store if there is a migration to come; returns whether there is.
    ///
    /// The store is open nowhere else. Fails, and leaves everything as it was, where there is no room for the copy.
    static func makeIfNeeded(of store: String, at moment: Timestamp, version: String) throws -> Bool {
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: store, configuration: configuration)
        defer { try? queue.close() }
        let migrator = Migrations.migrator(version: version)
        let isNeeded = try queue.read { db in
            try db.tableExists("schedule") && !migrator.hasCompletedMigrations(db)
        }
        guard isNeeded else { return false }
        let target = path(of: store)
        let partial = target + ".partial"
        unlink(partial)
        do {
            try StoreFile.checkRoom(
                for: StoreFile.size(of: store) + StoreFile.size(of: store + "-wal"), at: target)
            try StoreFile.makeEmpty(partial, for: target, like: store)
            try queue.read { db in
                _ = try StoreCopy(isPatient: false).make(of: db, to: partial, at: moment, version: version)
            }
            try StoreCopy.check(partial)
            try StoreFile.publish(partial, as: target)
        } catch {
            let problem = StoreProblem(error, place: target)
            unlink(partial)
            throw problem
        }
        return true
    }

    static func remove(of store: String) {
        unlink(path(of: store))
    }
}
