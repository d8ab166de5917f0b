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
            try PreparedStatement(
                "SELECT \(SealedText.columns) FROM users WHERE place > ? ORDER BY place LIMIT ?", in: db
            ).all(after?.rawValue ?? -1, limit) {
                try SealedText.all($0)
            }.flatMap { $0 }
        }
    }

    package func reseal(_ changes: [Resealing]) async throws(StoreProblem) -> Int {
        try await write { db in
            var count = 0
            for kind in TokenKind.allCases {
                let statement = try PreparedStatement(
                    "UPDATE users SET \(kind.column) = ? WHERE place = ? AND \(kind.column) = ? AND id = ?", in: db)
                for change in changes where change.old.kind == kind {
                    let old = change.old
                    count += try statement.run(change.new.bytes, old.place, old.sealed.bytes, old.id.rawValue)
                }
            }
            return count
        }
    }
}
