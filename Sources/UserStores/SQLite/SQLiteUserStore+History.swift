import GRDB
package import RefreshCore

extension SQLiteUserStore {
    package func history(of id: UserID, before: Timestamp?, limit: Int) async throws(StoreProblem) -> [AttemptRecord]? {
        try await read { db in
            guard let place = try HistoryReader.place(of: id, in: db) else { return nil }
            return try HistoryReader(db).attempts(at: place, before: before, limit: limit)
        }
    }

    package func historyCounts(of id: UserID, since: Timestamp) async throws(StoreProblem) -> HistoryCounts? {
        try await read { db in
            guard let place = try HistoryReader.place(of: id, in: db) else { return nil }
            return try HistoryReader(db).counts(at: place, since: since)
        }
    }

    package func attemptTallies(since: Timestamp) async throws(StoreProblem) -> [AttemptTally] {
        try await read { db in try HistoryReader(db).tallies(since: since) }
    }

    package func pruneHistory(
        to bounds: HistoryBounds, now: Timestamp, after: Place?, limit: Int
    ) async throws(StoreProblem) -> PruningStep {
        let firstDay = bounds.firstDay(now: now)
        if try await read({ db in try HistoryPruning.isAnything(before: firstDay, in: db) }) {
            let removed = try await write { db in
                try HistoryPruning.remove(before: firstDay, limit: limit, in: db)
            }
            return PruningStep(removed: removed, next: .again)
        }
        if after == nil {
            let first = AttemptTally.bucket(of: now.advanced(by: .zero - AttemptTally.memory))
            try await write { db in try HistoryPruning.removeTallies(before: first, in: db) }
        }
        guard !bounds.isOff else { return PruningStep(removed: 0, next: .done) }
        // This reads on a reader's connection: mostly there is nothing to remove.
        let surplus = try await read { db in
            try HistoryPruning.surplus(over: bounds.keep, after: after, limit: limit, in: db)
        }
        guard !surplus.places.isEmpty else { return PruningStep(removed: 0, next: surplus.next) }
        return try await write { db in
            var removed = 0
            var handled: Place?
            for place in surplus.places {
                let (count, isAll) = try HistoryPruning.remove(
                    at: place, beyond: bounds.keep, limit: limit - removed, in: db)
                removed += count
                guard isAll else {
                    return PruningStep(removed: removed, next: handled.map(PruningStep.Next.after) ?? .again)
                }
                handled = place
            }
            return PruningStep(removed: removed, next: surplus.next)
        }
    }
}
