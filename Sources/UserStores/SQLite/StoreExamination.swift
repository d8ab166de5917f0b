import GRDB
package import RefreshCore

/// What a file is and holds, found out without changing it; all of it is read.
package struct StoreExamination: Sendable {
    package enum Nature: Equatable, Sendable {
        case backup(BackupMark)
        /// A store that is, or was, worked with; `process` has it open.
        case store(lastSeen: Timestamp?, process: Int32?)
    }

    package let nature: Nature
    package let marks: StoreMarks
    package let users: [UserState.Kind: Int]
    package let refreshTokens: Int
    package let attempts: Int
    /// The first of what is wrong with the file; empty when nothing is.
    package let damage: [String]
    package let unopened: UnopenedTokens

    /// `opens` is asked for every token; it is called on a thread of its own.
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
        do {
            let copying = try CopyLock(path: path)
            copying.share()
            defer { copying.release() }
            var configuration = Configuration()
            configuration.readonly = true
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            return try queue.read { db in try StoreExamination(found, path: path, in: db, opens: opens) }
        } catch {
            throw StoreProblem(error, place: path)
        }
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
        // A store of an older version may not have these.
        let isRenewed = try db.columns(in: "users").contains { $0.name == "refresh_token" }
        refreshTokens =
            isRenewed ? try Int.fetchOne(db, sql: "SELECT count(refresh_token) FROM users") ?? 0 : 0
        attempts = try db.tableExists("attempts") ? Int.fetchOne(db, sql: "SELECT count(*) FROM attempts") ?? 0 : 0
        unopened = try UnopenedTokens(in: db, opens)
    }
}

/// Users whose tokens do not open with the keys at hand: how many, and the first by place.
package struct UnopenedTokens: Equatable, Sendable {
    private static let mostNamed = 10

    package private(set) var count = 0
    package private(set) var first: [UserID] = []

    package init() {}

    /// Asks `opens` for every token.
    init(in db: Database, _ opens: (SealedText) -> Bool) throws {
        // A store of an older version may have no refresh tokens.
        let hasRefreshTokens = try db.columns(in: "users").contains { $0.name == "refresh_token" }
        let statement = try PreparedStatement(
            "SELECT place, id, token, \(hasRefreshTokens ? "refresh_token" : "NULL") FROM users ORDER BY place", in: db)
        try statement.each { _ in
        } _: { row in
            let place = try DamagedStore.required(row.integer(0).flatMap(Place.init(rawValue:)), "place")
            let id = try DamagedStore.required(row.text(1).flatMap { try? UserID($0) }, "user id")
            let texts = [(2, TokenKind.access), (3, .refresh)].compactMap { column, kind in
                row.bytes(Int32(column)).map {
                    SealedText(id: id, place: place, kind: kind, sealed: SealedToken(bytes: $0))
                }
            }
            guard !texts.allSatisfy(opens) else { return }
            count += 1
            if first.count < Self.mostNamed { first.append(id) }
        }
    }
}
