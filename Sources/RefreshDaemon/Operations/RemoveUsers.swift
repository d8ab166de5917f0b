package import RefreshCore

/// Removes users, their tokens and their histories, some hundreds in one transaction; what was removed before an
/// error is gone.
///
/// The files are swept of them after the last part, or after 30 seconds without another; without `import` at once.
package struct RemoveUsers: BatchOperation {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case users, unlessAddedSince
        case part = "import"
    }

    package static let name = "remove-users"

    package let users: [UserID]
    /// Who was added then or later stays.
    package let unlessAddedSince: Timestamp?
    /// Nil for what is the whole: then, and after the last part, the files are swept.
    package let part: ImportPart?

    package init(_ users: [UserID], unlessAddedSince: Timestamp? = nil, part: ImportPart? = nil) {
        self.users = users
        self.unlessAddedSince = unlessAddedSince
        self.part = part
    }

    package func run(with store: StoreContext) async throws -> [Removal] {
        var removals: [Removal] = []
        var pace = store.pace
        var start = 0
        while start < users.count {
            let some = Array(users[start..<min(start + pace.amount, users.count)])
            start += some.count
            let began = store.time.uptime
            let answers = try await store.store.remove(some, unlessAddedSince: unlessAddedSince)
            pace.took(store.time.uptime - began)
            for (id, answer) in zip(some, answers) where answer == .removed { store.events.report(.userRemoved(id)) }
            removals += answers
            store.sweeper.expectMore()
        }
        let removed = removals.count { $0 == .removed }
        if let part {
            store.imports.note(removed: removed, of: part)
        } else if users.count > 1, removed > 0 {
            store.events.report(.usersRemoved(removed))
        }
        if part?.isLast ?? true { try await store.sweeper.sweep() }
        return removals
    }
}
