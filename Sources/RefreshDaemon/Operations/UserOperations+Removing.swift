import RefreshCore

extension UserOperations {
    func remove(_ id: UserID) async throws {
        guard try await remove([id], RemovalTerms()) == [.removed] else { throw OperationProblem.noSuchUser(id) }
    }

    /// One answer for each, in order; what was removed before an error is gone.
    func remove(_ ids: [UserID], _ terms: RemovalTerms) async throws -> [Removal] {
        var removals: [Removal] = []
        var pace = pace
        var start = 0
        while start < ids.count {
            let part = Array(ids[start..<min(start + pace.amount, ids.count)])
            start += part.count
            let began = time.uptime
            let answers = try await store.remove(part, unlessAddedSince: terms.unlessAddedSince)
            pace.took(time.uptime - began)
            for (id, answer) in zip(part, answers) where answer == .removed { events.report(.userRemoved(id)) }
            removals += answers
            sweeper.expectMore()
        }
        let removed = removals.count { $0 == .removed }
        if let part = terms.part {
            imports.note(removed: removed, of: part)
        } else if ids.count > 1, removed > 0 {
            events.report(.usersRemoved(removed))
        }
        if terms.part?.isLast ?? true { try await sweeper.sweep() }
        return removals
    }
}
