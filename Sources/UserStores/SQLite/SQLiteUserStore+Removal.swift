import GRDB
package import RefreshCore

extension SQLiteUserStore {
    /// Removes users in the order of their places, and histories day by day, so neighbours go from the same pages.
    ///
    /// Leases stay in the rows of their batches: a user that is added again in the meantime may have been called.
    package func remove(_ ids: [UserID], unlessAddedSince moment: Timestamp?) async throws(StoreProblem) -> [Removal] {
        try await writeLeases { db, changes in
            let known = try PreparedStatement(
                "SELECT place, token_version, token_issued_at FROM users WHERE id = ?", in: db)
            var places = Set<Place>()
            let removals = try ids.map { id -> Removal in
                let found = try known.first(id.rawValue) { row in
                    // A first token that was issued at that moment or later came with the user.
                    let isNew = row.integer(1) == 1 && moment.map { row.moment(2) ?? .epoch >= $0 } ?? false
                    return (place: try row.place(0), isNew: isNew)
                }
                guard let found, !places.contains(found.place) else { return .noSuchUser }
                if found.isNew { return .kept }
                places.insert(found.place)
                return .removed
            }
            guard !places.isEmpty else { return removals }
            let sorted = places.sorted()
            try HistoryPruning.remove(at: sorted, in: db)
            let delete = try PreparedStatement("DELETE FROM schedule WHERE place = ?", in: db)
            for place in sorted {
                try delete.run(place)
                changes.removeUser(at: place)
            }
            try Meta.countUsers(-sorted.count, in: db)
            try Meta.countUnsweptRemoval(in: db)
            return removals
        }
    }

    /// Sweeps the whole file, since copies of removed rows lie wherever rows were moved.
    package func sweep() async throws(StoreProblem) {
        guard let removals = try await read({ db in try Meta.integer(.unsweptRemovals, in: db) }) else { return }
        try await sweepPages()
        try await write { db in
            guard try Meta.integer(.unsweptRemovals, in: db) == removals else { return }
            try Meta.remove(.unsweptRemovals, in: db)
        }
        // At this point the log holds only the change of the mark.
        try await truncateLog()
    }

    package func rename(
        _ id: UserID, to row: NewUser, moved: @escaping @Sendable (User) -> User
    ) async throws(StoreProblem) -> Result<User, RenameRefusal> {
        try await write { [placing, leases] db in
            let old = try PreparedStatement(LeaseStatements.selectID, in: db).first(id.rawValue) {
                try StoredUser($0)
            }
            guard let old else { return .failure(.noSuchUser) }
            if try HistoryReader.place(of: row.id, in: db) != nil { return .failure(.taken) }
            if let until = leases.leasedUntil(old.user.place) { return .failure(.inFlight(until: until)) }
            if let basis = row.basis, basis != old.user.tokenVersion { return .failure(.superseded) }
            let user = try UserWriter(db).move(old, to: row, home: placing(row.id), moved: moved)
            try HistoryPruning.move(from: old.user.place, to: user.place, in: db)
            try PreparedStatement("DELETE FROM schedule WHERE place = ?", in: db).run(old.user.place)
            try Meta.countUnsweptRemoval(in: db)
            return .success(user)
        }
    }
}
