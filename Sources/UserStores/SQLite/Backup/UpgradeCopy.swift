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
    /// Each migration is committed by itself, so a store whose upgrade was interrupted has a form that no version
    /// knows. The copy from before that upgrade then stays.
    ///
    /// The store must not be open elsewhere. If there is no room for the copy, this throws and changes nothing.
    static func makeIfNeeded(of store: String, at moment: Timestamp, version: String) throws -> Bool {
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: store, configuration: configuration)
        defer { try? queue.close() }
        let migrator = Migrations.migrator(version: version)
        let pending: Form? = try queue.read { db in
            guard try db.tableExists("schedule") && !migrator.hasCompletedMigrations(db) else { return nil }
            return try Form(in: db)
        }
        guard let pending else { return false }
        let target = path(of: store)
        if let kept = Form(ofBackup: target), pending.continues(kept) { return true }
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

    /// How far a store is migrated, and what tells its content from that of others.
    private struct Form {
        let seed: Int64?
        let lastSeen: Int64?
        let migrations: Set<String>

        init(in db: Database) throws {
            seed = try Meta.integer(.seed, in: db)
            lastSeen = try Meta.integer(.lastSeen, in: db)
            migrations = try DatabaseMigrator().appliedIdentifiers(db)
        }

        /// Nil if there is no backup at the path, or if it cannot be read.
        init?(ofBackup path: String) {
            guard StoreHeader(path: path)?.isBackup == true else { return nil }
            var configuration = Configuration()
            configuration.readonly = true
            guard let queue = try? DatabaseQueue(path: path, configuration: configuration) else { return nil }
            defer { try? queue.close() }
            guard let form = try? queue.read({ db in try Form(in: db) }) else { return nil }
            self = form
        }

        /// Whether only migrations came between `earlier` and this form: no daemon used the store meanwhile.
        func continues(_ earlier: Form) -> Bool {
            seed != nil && seed == earlier.seed && lastSeen == earlier.lastSeen
                && earlier.migrations.isStrictSubset(of: migrations)
        }
    }
}
