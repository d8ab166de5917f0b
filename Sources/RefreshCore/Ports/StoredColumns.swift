/// A row that a store of tables has read; its columns count from 0.
package protocol StoredColumns {
    /// Nil for NULL, as for texts and bytes.
    func integer(_ column: Int) -> Int64?
    func text(_ column: Int) -> String?
    func bytes(_ column: Int) -> [UInt8]?
}

extension StoredColumns {
    package func moment(_ column: Int) -> Timestamp? { integer(column).map(Timestamp.init(microsecondsSinceEpoch:)) }

    /// The number in a column that is never NULL.
    package func required(_ column: Int, _ name: String) throws -> Int64 {
        try DamagedStore.required(integer(column), name)
    }

    package func place(_ column: Int) throws -> Place {
        try DamagedStore.required(integer(column).flatMap(Place.init(rawValue:)), "place")
    }

    package func id(_ column: Int) throws -> UserID {
        try DamagedStore.required(text(column).flatMap { try? UserID($0) }, "user id")
    }

    package func group(_ column: Int) throws -> GroupName? {
        try text(column).map { try DamagedStore.required(GroupName($0), "proper group name") }
    }

    package func token(_ column: Int) throws -> SealedToken {
        SealedToken(bytes: try DamagedStore.required(bytes(column), "token"))
    }

    package func refreshToken(_ column: Int) -> SealedToken? { bytes(column).map(SealedToken.init(bytes:)) }
}

// MARK: Rows of one table

extension StoredToken {
    package static let columns =
        "id, token, refresh_token, token_version, token_expires_at, group_name, token_issued_at"

    package init(_ row: some StoredColumns) throws {
        self.init(
            access: try row.token(1), refresh: row.refreshToken(2), version: try row.required(3, "token_version"),
            expiresAt: row.moment(4), group: try row.group(5), issuedAt: row.moment(6))
    }
}

extension SealedText {
    package static let columns = "place, id, token, refresh_token"

    /// The tokens of the user in a row.
    package static func all(_ row: some StoredColumns) throws -> [SealedText] {
        let (place, id) = (try row.place(0), try row.id(1))
        return zip([TokenKind.access, .refresh], [row.bytes(2), row.bytes(3)]).compactMap { kind, bytes in
            bytes.map { SealedText(id: id, place: place, kind: kind, sealed: SealedToken(bytes: $0)) }
        }
    }
}

extension TokenKind {
    /// The column that holds the users' tokens of this kind.
    package var column: String {
        switch self {
        case .access: "token"
        case .refresh: "refresh_token"
        }
    }
}

extension GroupSize {
    /// Reads a name and a number of users.
    package init(_ row: some StoredColumns) throws {
        self.init(
            group: try DamagedStore.required(try row.group(0), "proper group name"),
            users: Int(try row.required(1, "number of users")))
    }
}

extension AttemptRecord {
    /// The columns that `init` reads, in order; the day is apart.
    package static let columns = "at, duration, outcome, status, origin, number, reason"

    private static let manual: Int64 = 1
    private static let forced: Int64 = 2

    /// The sum of 1 for a manual call and 2 for a forced one.
    package var originCode: Int64 { (trigger == .manual ? Self.manual : 0) | (isForced ? Self.forced : 0) }

    /// Times are in milliseconds, and count from the start of the day.
    package init(_ row: some StoredColumns, day: Int64) throws {
        let origin = try row.required(4, "origin")
        self.init(
            startedAt: Timestamp.startOfDay(day).advanced(by: .milliseconds(try row.required(0, "at"))),
            duration: .milliseconds(try row.required(1, "duration")),
            trigger: origin & Self.manual == 0 ? .schedule : .manual,
            outcome: try OutcomeKind(storeCode: row.integer(2)), httpStatus: row.integer(3).map(Int.init(_:)),
            reason: row.text(6), number: Int(try row.required(5, "number")))
        isForced = origin & Self.forced != 0
    }
}

extension [AttemptTally] {
    /// Adds a row of bucket, outcome and number of attempts; the rows come in the order of their buckets.
    package mutating func add(_ row: some StoredColumns) throws {
        let from = AttemptTally.start(ofBucket: try row.required(0, "stretch"))
        if last?.from != from { append(AttemptTally(from: from, counts: [:])) }
        self[count - 1].counts[try OutcomeKind(storeCode: row.integer(1))] = Int(row.integer(2) ?? 0)
    }
}

extension CopiedRows {
    /// Adds a row of the table's columns, in order.
    package mutating func add(_ row: some StoredColumns) {
        for column in columns.indices {
            switch columns[column].column.kind {
            case .int8, .int4, .int2: columns[column].add(row.integer(column))
            case .text: columns[column].add(row.text(column))
            case .bytes: columns[column].add(row.bytes(column))
            }
        }
    }
}
