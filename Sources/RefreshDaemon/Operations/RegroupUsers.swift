package import RefreshCore

/// Moves users to a group, or without `group` to none; their tokens stay.
package struct RegroupUsers: BatchOperation {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case users, group
        case part = "import"
    }

    package static let name = "regroup-users"

    package let users: [UserID]
    /// Nil means no group: the general rules apply.
    package let group: GroupName?
    package let part: ImportPart?

    package init(_ users: [UserID], to group: GroupName?, part: ImportPart? = nil) {
        self.users = users
        self.group = group
        self.part = part
    }

    package func run(with daemon: DaemonContext) async throws -> [RegroupAnswer] {
        defer { daemon.work.wakeSignal.send() }
        return try await run(with: daemon.stored)
    }

    package func run(with store: StoreContext) async throws -> [RegroupAnswer] {
        let policies = store.policies()
        let now = store.time.now
        let answers = try await store.edits.write(users) { some -> [RegroupAnswer] in
            let before = try await store.store.tokens(of: some)
            let updated = try await store.store.update(some) { [group] user in
                user.group == group ? nil : NextStep.regrouped(user, to: group, policies: policies, now: now)
            }
            return zip(updated, before).map { user, before in
                guard let user else { return .noSuchUser }
                // A user that was added meanwhile got its group from another request.
                guard let before, before.group != group else { return .unchanged }
                if part == nil, users.count == 1 { store.events.report(.userUpdated(user)) }
                return .regrouped
            }
        }
        let count = answers.count { $0 == .regrouped }
        if let part {
            store.imports.note(Array(repeating: .updated, count: count), of: part)
        } else if users.count > 1, count > 0 {
            store.events.report(.usersRegrouped(count))
        }
        return answers
    }
}

/// The result of moving one user to a group.
package enum RegroupAnswer: String, Word {
    case regrouped
    /// The user was already in that group.
    case unchanged
    case noSuchUser
}
