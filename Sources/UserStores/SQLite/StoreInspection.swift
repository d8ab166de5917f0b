import FoundationEssentials
import Glibc
import GRDB
import GRDBSQLite
package import RefreshCore

/// What a file contains; inspecting it does not change it.
struct StoreInspection {
    /// "BRfd", in the header of every store: tells it from the databases of other programs.
    static let applicationID: Int64 = 0x4252_6664

    /// What the file's header said before SQLite looked at the file.
    let header: StoreHeader?
    let marks: StoreMarks
    let backup: BackupMark?
    let lastSeen: Timestamp?

    /// Inspects a file that is not empty; nil if its creation was interrupted before it held anything.
    static func inspect(path: String) throws(StoreProblem) -> StoreInspection? {
        let header = try StoreHeader.checkLeftovers(beside: path)
        return try read(path) { db -> StoreInspection? in
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
    }

    /// Runs `body` on a connection of its own, which only reads.
    static func read<Value>(_ path: String, _ body: (Database) throws -> Value) throws(StoreProblem) -> Value {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.label = "store inspection"
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            return try queue.read(body)
        } catch {
            throw StoreProblem(error, place: path)
        }
    }
}

extension SQLiteUserStore {
    /// The group sizes of a store that need not be open; blocks while it works.
    ///
    /// Empty without a log beside the store: a reader would create one, perhaps as the wrong user.
    package static func groupSizes(inFileAt path: String) throws(StoreProblem) -> [GroupSize] {
        guard ["", "-wal", "-shm"].allSatisfy({ access(path + $0, R_OK) == 0 }) else { return [] }
        return try StoreInspection.read(path) { db in try db.tableExists("groups") ? GroupSize.all(in: db) : [] }
    }
}

/// The header of an SQLite file, read without SQLite, which would also read a log beside the file.
///
/// Only for files that this process does not have open with SQLite: closing any descriptor of a file releases SQLite's
/// locks on it.
///
/// Source: "Database File Format" of SQLite, section 1.3.
package struct StoreHeader: Equatable, Encodable {
    /// "BRbk", as user version: the file is a backup and was never used as a store.
    static let backup: UInt32 = 0x4252_626B

    package let isStore: Bool
    package let isBackup: Bool
    /// Whether changes go to a write-ahead log beside the file first.
    let hasLog: Bool
    let pageBytes: Int
    /// As of the last checkpoint.
    let pages: UInt32
    let freePages: UInt32
    /// The version of SQLite that last wrote the file: 3040001 is 3.40.1.
    let writtenBy: UInt32

    /// The version of SQLite that this program uses.
    package static var libraryVersion: String { String(cString: sqlite3_libversion()) }

    /// Nil if there is no file, or if it is not an SQLite database.
    package init?(path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        self.init(descriptor: descriptor)
    }

    /// Throws if a backup was copied over a store whose log is still there: SQLite would read both as one database.
    ///
    /// A backup never has a log, so a log beside it belongs to the earlier store. Returns the header; nil as in `init`.
    @discardableResult
    package static func checkLeftovers(beside path: String) throws(StoreProblem) -> StoreHeader? {
        let header = StoreHeader(path: path)
        guard let header, header.isBackup, StoreFile.size(of: path + "-wal") > 0 else { return header }
        let beside: [String] = [path + "-wal", path + "-shm"]
        throw .leftoverFiles(place: path, files: beside.filter { access($0, F_OK) == 0 })
    }

    init?(descriptor: Int32) {
        var head = [UInt8](repeating: 0, count: 100)
        guard pread(descriptor, &head, head.count, 0) == head.count, head.starts(with: Array("SQLite format 3\0".utf8))
        else { return nil }
        func number(_ offset: Int) -> UInt32 { head[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) } }
        isStore = number(68) == UInt32(StoreInspection.applicationID)
        isBackup = isStore && number(60) == Self.backup
        hasLog = head[18] == 2
        // 1 stands for 65,536.
        let size = Int(head[16]) << 8 | Int(head[17])
        pageBytes = size == 1 ? 65_536 : size
        pages = number(28)
        freePages = number(36)
        writtenBy = number(96)
    }
}

extension StoreMarks {
    init(in db: Database) throws {
        let first = try Meta.blob(.keyCheck, in: db).map { [SealedToken(bytes: $0)] } ?? []
        self.init(
            keyChecks: first + Self.parts(try Meta.blob(.furtherKeyChecks, in: db) ?? []),
            environment: try Meta.text(.environment, in: db),
            hasGivenUpTokens: try Meta.integer(.givenUpTokens, in: db) != nil,
            hasUsers: try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM users)") ?? false,
            departure: try Meta.json(.departure, StoreDeparture.self, in: db),
            arrival: try Meta.json(.arrival, StoreArrival.self, in: db))
    }

    static func writeKeyChecks(_ checks: [SealedToken], in db: Database) throws {
        guard let first = checks.first else { throw DamagedStore(what: "it would be left without a key check") }
        try Meta.set(.keyCheck, to: Data(first.bytes), in: db)
        guard checks.count > 1 else { return try Meta.remove(.furtherKeyChecks, in: db) }
        // Each check is prefixed with its length in two bytes.
        let further = checks.dropFirst().flatMap { check in
            [UInt8(truncatingIfNeeded: check.bytes.count >> 8), UInt8(truncatingIfNeeded: check.bytes.count)]
                + check.bytes
        }
        try Meta.set(.furtherKeyChecks, to: Data(further), in: db)
    }

    /// Splits the row into checks; the rest of a truncated row counts as a check that no key opens.
    private static func parts(_ bytes: [UInt8]) -> [SealedToken] {
        var parts: [SealedToken] = []
        var rest = bytes[...]
        while let high = rest.popFirst() {
            let count = Int(high) << 8 | Int(rest.popFirst() ?? 0)
            parts.append(SealedToken(bytes: Array(rest.prefix(count))))
            rest = rest.dropFirst(count)
        }
        return parts
    }
}
