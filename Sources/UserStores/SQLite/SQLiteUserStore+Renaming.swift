import GRDB
package import RefreshCore

extension SQLiteUserStore {
    package func rename(
        _ id: UserID, to row: NewUser, moved: @escaping @Sendable (User) -> User
    ) async throws(StoreProblem) -> Result<User, RenameRefusal> {
        try await write { [placing] db in
            let old = try PreparedStatement(LeaseStatements.selectOne, in: db).first {
                $0.add(id.rawValue)
            } _: {
                try UserRow($0)
            }
            guard let old else { return .failure(.noSuchUser) }
            if try HistoryReader.place(of: row.id, in: db) != nil { return .failure(.taken) }
            if old.leaseID != nil {
                return .failure(.inFlight(until: try UserRow.required(old.leaseUntil, "lease_until")))
            }
            if let basis = row.basis, basis != old.user.tokenVersion { return .failure(.superseded) }
            let user = try UserWriter(db).move(old, to: row, home: placing(row.id), moved: moved)
            try HistoryPruning.move(from: old.user.place, to: user.place, in: db)
            try PreparedStatement("DELETE FROM schedule WHERE place = ?", in: db).run { $0.add(old.user.place) }
            try Meta.countUnsweptRemoval(in: db)
            return .success(user)
        }
    }
}
