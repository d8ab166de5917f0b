import GRDB
package import RefreshCore

extension SQLiteUserStore: SealedTokenKeeping {
    package func marks() async throws(StoreProblem) -> StoreMarks {
        try await read { db in try StoreMarks(in: db) }
    }

    package func setKeyChecks(_ checks: [SealedToken], replacing old: [SealedToken]) async throws(StoreProblem) -> Bool
    {
        try await write { db in
            guard try StoreMarks(in: db).keyChecks == old else { return false }
            try StoreMarks.writeKeyChecks(checks, in: db)
            return true
        }
    }

    package func setEnvironment(_ address: String) async throws(StoreProblem) {
        try await write { db in try Meta.set(.environment, to: address, in: db) }
    }

    package func setHasGivenUpTokens(_ hasThem: Bool) async throws(StoreProblem) {
        try await write { db in
            if hasThem { try Meta.set(.givenUpTokens, to: 1, in: db) } else { try Meta.remove(.givenUpTokens, in: db) }
        }
    }

    package func sealedTexts(after: Place?, limit: Int) async throws(StoreProblem) -> [SealedText] {
        try await read { db in
            let kinds = TokenKind.allCases
            let statement = try PreparedStatement(
                """
                SELECT place, id, \(kinds.map(\.column).joined(separator: ", "))
                FROM users WHERE place > ? ORDER BY place LIMIT ?
                """,
                in: db
            )
            var texts: [SealedText] = []
            try statement.each {
                $0.add(after?.rawValue ?? -1)
                $0.add(limit)
            } _: { row in
                let place = try DamagedStore.required(row.integer(0).flatMap(Place.init(rawValue:)), "place")
                let id = try DamagedStore.required(row.text(1).flatMap { try? UserID($0) }, "user id")
                for (index, kind) in kinds.enumerated() {
                    guard let bytes = row.bytes(2 + Int32(index)) else { continue }
                    texts.append(SealedText(id: id, place: place, kind: kind, sealed: SealedToken(bytes: bytes)))
                }
            }
            return texts
        }
    }

    package func reseal(_ changes: [Resealing]) async throws(StoreProblem) -> Int {
        try await write { db in
            var count = 0
            for kind in TokenKind.allCases {
                let statement = try PreparedStatement(
                    "UPDATE users SET \(kind.column) = ? WHERE place = ? AND \(kind.column) = ? AND id = ?", in: db)
                for change in changes where change.old.kind == kind {
                    count += try statement.run { values in
                        values.add(change.new.bytes)
                        values.add(change.old.place)
                        values.add(change.old.sealed.bytes)
                        values.add(change.old.id.rawValue)
                    }
                }
            }
            return count
        }
    }
}

extension TokenKind {
    /// The column that holds the users' tokens of this kind.
    fileprivate var column: String {
        switch self {
        case .access: "token"
        case .refresh: "refresh_token"
        }
    }
}
