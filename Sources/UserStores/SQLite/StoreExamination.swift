import GRDB
package import RefreshCore

/// What a file is and holds; reads all of the file and changes nothing.
package struct StoreExamination: Sendable {
    package enum Nature: Equatable, Sendable {
        case backup(BackupMark)
        /// A store that is or was in use; `process` has it open.
        case store(lastSeen: Timestamp?, process: Int32?)
    }

    package let nature: Nature
    package let marks: StoreMarks
    package let users: [UserState.Kind: Int]
    package let refreshTokens: Int
    package let attempts: Int
    /// The first problems found in the file; empty if there are none.
    package let damage: [String]
    package let unopened: UnopenedTokens

    /// Examines the file; asks `opens` about every token, on the connection's thread.
    package static func examine(
        _ path: String, verifying verify: (StoreMarks) throws(StoreProblem) -> Void,
        opens: @escaping @Sendable (SealedText) -> Bool
    ) throws(StoreProblem) -> StoreExamination {
        guard StoreHeader(path: path) != nil || StoreFile.size(of: path) == 0 else {
            throw .notAStore(place: path, detail: "it is no database")
        }
        guard let found = try StoreInspection.inspect(path: path) else {
            throw .notAStore(place: path, detail: "it holds nothing")
        }
        try verify(found.marks)
        let copying = try CopyLock(path: path)
        copying.share()
        defer { copying.release() }
        return try StoreInspection.read(path) { try StoreExamination(found, path: path, in: $0, opens: opens) }
    }

    private init(
        _ found: StoreInspection, path: String, in db: Database, opens: (SealedText) -> Bool
    ) throws {
        nature =
            found.backup.map { .backup($0) } ?? .store(lastSeen: found.lastSeen, process: StoreLock.holder(of: path))
        marks = found.marks
        damage = try String.fetchAll(db, sql: "PRAGMA integrity_check(10)").filter { $0 != "ok" }
        var users: [UserState.Kind: Int] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT state, count(*) FROM schedule GROUP BY state") {
            users[try UserState.Kind(storeCode: Int64.fromDatabaseValue(row[0]))] = row[1]
        }
        self.users = users
        // An older store may lack these.
        let isRenewed = try db.columns(in: "users").contains { $0.name == "refresh_token" }
        refreshTokens =
            isRenewed ? try Int.fetchOne(db, sql: "SELECT count(refresh_token) FROM users") ?? 0 : 0
        attempts = try db.tableExists("attempts") ? Int.fetchOne(db, sql: "SELECT count(*) FROM attempts") ?? 0 : 0
        unopened = try UnopenedTokens(in: db, opens)
    }
}

/// Users with tokens that the keys at hand do not open: their number, and the first of them by place.
package struct UnopenedTokens: Equatable, Sendable {
    private static let mostNamed = 10

    package private(set) var count = 0
    package private(set) var first: [UserID] = []

    package init() {}

    /// Asks `opens` about every token.
    init(in db: Database, _ opens: (SealedText) -> Bool) throws {
        // An older store may have no refresh tokens.
        let hasRefreshTokens = try db.columns(in: "users").contains { $0.name == "refresh_token" }
        let statement = try PreparedStatement(
            "SELECT place, id, token, \(hasRefreshTokens ? "refresh_token" : "NULL") FROM users ORDER BY place", in: db)
        try statement.each { row in
            guard try !SealedText.all(row).allSatisfy(opens) else { return }
            count += 1
            if first.count < Self.mostNamed { first.append(try row.id(1)) }
        }
    }
}
