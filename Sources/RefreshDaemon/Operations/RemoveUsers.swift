package import RefreshCore

/// Removes users, their tokens and their histories, some hundreds per transaction.
///
/// Users that were removed before an error stay removed. The daemon then overwrites what is left of them in the store's
/// files: without `import` at once, otherwise after the last part, or after 30 seconds without another part.
package struct RemoveUsers: BatchOperation {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case users, unlessAddedSince
        case part = "import"
    }

    package static let name = "remove-users"

    package let users: [UserID]
    /// Users that were added at this time or later stay.
    package let unlessAddedSince: Timestamp?
    /// The part of a larger removal that this is; nil if it is the whole.
    package let part: ImportPart?

    package init(_ users: [UserID], unlessAddedSince: Timestamp? = nil, part: ImportPart? = nil) {
        self.users = users
        self.unlessAddedSince = unlessAddedSince
        self.part = part
    }

    package func run(with store: StoreContext) async throws -> [Removal] {
        let removals = try await store.edits.write(users) { some in
            let removals = try await store.store.remove(some, unlessAddedSince: unlessAddedSince)
            for (id, removal) in zip(some, removals) where removal == .removed { store.events.report(.userRemoved(id)) }
            store.sweeper.expectMore()
            return removals
        }
        let removed = removals.count { $0 == .removed }
        if let part {
            store.imports.note(removed: removed, of: part)
        } else if users.count > 1, removed > 0 {
            store.events.report(.usersRemoved(removed))
        }
        if part?.isLast ?? true { await store.sweeper.sweep() }
        return removals
    }
}
