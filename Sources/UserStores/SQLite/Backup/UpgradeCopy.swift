import GRDB
import Glibc
import RefreshCore

/// The copy of a store from before an upgrade; kept until a later start succeeds.
enum UpgradeCopy {
    static func path(of store: String) -> String { store + ".before-upgrade" }

    /// The path of the copy; nil if there is none.
    static func existing(of store: String) -> String? {
        let path = path(of: store)
        return access(path, F_OK) == 0 ? path : nil
    }

    /// Copies the store if a migration is pending; returns whether one is.
    ///
    /// The store must not be open elsewhere. If there is no room for the copy, this throws and changes nothing.
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
