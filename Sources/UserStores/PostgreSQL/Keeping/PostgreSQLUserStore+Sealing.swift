package import RefreshCore

extension PostgreSQLUserStore: SealedTokenKeeping {
    package func marks() async throws(StoreProblem) -> StoreMarks {
        try await perform(.patient) { session in try StoreMarks(session.read(StoreMarks.statements, limits: .patient)) }
    }

    package func setKeyChecks(_ checks: [SealedToken], replacing old: [SealedToken]) async throws(StoreProblem) -> Bool
    {
        try await change { session in
            // Lock the table, since the row may not exist yet.
            _ = try session.run([
                MarksLock.exclusive, Statement("LOCK TABLE bankrefreshd.meta IN SHARE ROW EXCLUSIVE MODE"),
            ])
            let stored = try session.run([Meta.select(.keyChecks)])[0].metaJSON([[UInt8]].self) ?? []
            guard stored == old.map(\.bytes) else { return false }
            _ = try session.run([try Meta.set(.keyChecks, toJSON: checks.map(\.bytes))])
            return true
        }
    }

    package func setEnvironment(_ address: String) async throws(StoreProblem) {
        try await change(by: [Meta.set(.environment, to: address)])
    }

    package func setHasGivenUpTokens(_ hasThem: Bool) async throws(StoreProblem) {
        try await change(by: [hasThem ? Meta.set(.givenUpTokens, to: "1") : Meta.remove(.givenUpTokens)])
    }

    package func sealedTexts(after: Place?, limit: Int) async throws(StoreProblem) -> [SealedText] {
        let statement = Statement(
            "SELECT \(SealedText.columns) FROM bankrefreshd.users WHERE place > $1 ORDER BY place LIMIT $2",
            .int8(after?.rawValue ?? -1), .int8(limit))
        return try await read(statement) { rows in try rows.flatMap { try SealedText.all($0) } }
    }

    package func reseal(_ changes: [Resealing]) async throws(StoreProblem) -> Int {
        try await changeUsers(announced: false, changesDue: false, storing: changes.map(\.new)) { session in
            var count = 0
            for kind in TokenKind.allCases {
                let changes = changes.filter { $0.old.kind == kind }
                if changes.isEmpty { continue }
                count += try session.run([
                    Statement(
                        """
                        UPDATE bankrefreshd.users t SET \(kind.column) = u.new
                        FROM unnest($1::int8[], $2::text[], $3::bytea[], $4::bytea[]) AS u(place, id, old, new)
                        WHERE t.place = u.place AND t.id = u.id AND t.\(kind.column) = u.old
                        """, .int8s(changes.map(\.old.place.rawValue)), .texts(changes.map(\.old.id.rawValue)),
                        .byteas(changes.map(\.old.sealed.bytes)), .byteas(changes.map(\.new.bytes)))
                ])[0].affected
            }
            return count
        }
    }

    /// The server manages its own log; replaced tokens stay in it until the server overwrites them.
    package func truncateLog() async throws(StoreProblem) {}
}
