import RefreshCore

/// Users that get another group or another id; their tokens stay.
extension UserOperations {
    /// One answer for each, in order; nil is no group.
    func regroup(_ ids: [UserID], to group: GroupName?, part: ImportPart?) async throws -> [RegroupAnswer] {
        let policies = policies()
        let now = time.now
        var answers: [RegroupAnswer] = []
        var moved: [User] = []
        var pace = pace
        var start = 0
        while start < ids.count {
            let batch = Array(ids[start..<min(start + pace.amount, ids.count)])
            start += batch.count
            let before = try await store.tokens(of: batch)
            let began = time.uptime
            let users = try await store.update(batch) { user in
                user.group == group ? nil : NextStep.regrouped(user, to: group, policies: policies, now: now)
            }
            pace.took(time.uptime - began)
            for (user, before) in zip(users, before) {
                guard let user else {
                    answers.append(.noSuchUser)
                    continue
                }
                // Who was added meanwhile was put into its group by somebody else.
                let isMoved = before.map { $0.group != group } ?? false
                answers.append(isMoved ? .regrouped : .unchanged)
                if isMoved, ids.count == 1 { moved.append(user) }
            }
        }
        let count = answers.count { $0 == .regrouped }
        if let part {
            imports.note(Array(repeating: .updated, count: count), of: part)
        } else if ids.count > 1, count > 0 {
            events.report(.usersRegrouped(count))
        }
        if part == nil { for user in moved { events.report(.userUpdated(user)) } }
        return answers
    }

    /// The user under its new id.
    func rename(_ old: UserID, to new: UserID) async throws -> User {
        let policies = policies()
        while true {
            guard let stored = try await store.tokens(of: [old])[0] else { throw OperationProblem.noSuchUser(old) }
            let row: NewUser
            do {
                row = NewUser(
                    id: new, group: stored.group,
                    token: try resealed(stored.access, as: .access, from: old, to: new),
                    refreshToken: try stored.refresh.map { try resealed($0, as: .refresh, from: old, to: new) },
                    expiresAt: stored.expiresAt, basis: stored.version)
            } catch is TokenSealProblem {
                throw OperationProblem.badRequest(
                    "the token of \(old) cannot be opened, so it cannot be sealed for another id; bring a new one first"
                )
            }
            let now = time.now
            let result = try await store.rename(old, to: row) { user in
                // The minimum interval holds; the slot is that of the new place.
                NextStep.reanchored(user, policy: policies.policy(for: user), now: now)
            }
            switch result {
            case .success(let user):
                events.report(.userRenamed(user, from: old))
                try await sweeper.sweep()
                return user
            case .failure(.noSuchUser): throw OperationProblem.noSuchUser(old)
            case .failure(.taken): throw OperationProblem.userExists(new)
            case .failure(.inFlight): throw OperationProblem.inFlight(old)
            case .failure(.superseded): continue
            }
        }
    }

    private func resealed(
        _ sealed: SealedToken, as kind: TokenKind, from old: UserID, to new: UserID
    ) throws -> SealedToken {
        try vault.seal(try vault.open(sealed, as: kind, for: old), as: kind, for: new)
    }
}
