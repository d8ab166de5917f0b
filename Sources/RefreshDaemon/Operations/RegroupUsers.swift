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
        defer { daemon.wakeSignal.send() }
        return try await run(with: daemon.stored)
    }

    package func run(with store: StoreContext) async throws -> [RegroupAnswer] {
        let policies = store.policies()
        let now = store.time.now
        var answers: [RegroupAnswer] = []
        var moved: [User] = []
        var pace = store.pace
        var start = 0
        while start < users.count {
            let batch = Array(users[start..<min(start + pace.amount, users.count)])
            start += batch.count
            let before = try await store.store.tokens(of: batch)
            let began = store.time.uptime
            let updated = try await store.store.update(batch) { [group] user in
                user.group == group ? nil : NextStep.regrouped(user, to: group, policies: policies, now: now)
            }
            pace.took(store.time.uptime - began)
            for (user, before) in zip(updated, before) {
                guard let user else {
                    answers.append(.noSuchUser)
                    continue
                }
                // A user that was added meanwhile got its group from another request.
                let isMoved = before.map { $0.group != group } ?? false
                answers.append(isMoved ? .regrouped : .unchanged)
                if isMoved, users.count == 1 { moved.append(user) }
            }
        }
        let count = answers.count { $0 == .regrouped }
        if let part {
            store.imports.note(Array(repeating: .updated, count: count), of: part)
        } else if users.count > 1, count > 0 {
            store.events.report(.usersRegrouped(count))
        }
        if part == nil { for user in moved { store.events.report(.userUpdated(user)) } }
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
