package import RefreshCore

/// Changes a user's id.
///
/// Token, state, history and the minimum interval stay. Fails with `userExists` if another user has the new id, and
/// with `inFlight` while the user's call is in flight (both 409).
package struct RenameUser: Operation {
    package enum CodingKeys: String, CodingKey, CaseIterable { case user, newID }

    package static let name = "rename-user"
    package static let patience = Duration.minutes(10)

    package let user: UserID
    package let newID: UserID

    package init(_ user: UserID, to newID: UserID) {
        self.user = user
        self.newID = newID
    }

    package func run(with daemon: DaemonContext) async throws -> UserReport {
        defer { daemon.work.wakeSignal.send() }
        return try await run(with: daemon.stored)
    }

    package func run(with store: StoreContext) async throws -> UserReport {
        let policies = store.policies()
        while true {
            guard let stored = try await store.store.tokens(of: [user])[0] else {
                throw OperationProblem.noSuchUser(user)
            }
            let row: NewUser
            do {
                row = NewUser(
                    id: newID, group: stored.group,
                    token: try resealed(stored.access, as: .access, by: store.vault),
                    refreshToken: try stored.refresh.map { try resealed($0, as: .refresh, by: store.vault) },
                    expiresAt: stored.expiresAt, basis: stored.version)
            } catch is TokenSealProblem {
                throw OperationProblem.badRequest(
                    "the token of \(user) cannot be opened, so it cannot be sealed for another id; bring a new one first"
                )
            }
            let now = store.time.now
            let result = try await store.store.rename(user, to: row) { user in
                // The minimum interval holds; the slot is that of the new place.
                NextStep.reanchored(user, policy: policies.policy(for: user), now: now)
            }
            switch result {
            case .success(let renamed):
                store.events.report(.userRenamed(renamed, from: user))
                await store.sweeper.sweep()
                return UserReport(renamed)
            case .failure(.noSuchUser): throw OperationProblem.noSuchUser(user)
            case .failure(.taken): throw OperationProblem.userExists(newID)
            case .failure(.inFlight): throw OperationProblem.inFlight(user)
            case .failure(.superseded): continue
            }
        }
    }

    private func resealed(
        _ sealed: SealedToken, as kind: TokenKind, by vault: any TokenSealing
    ) throws -> SealedToken {
        try vault.seal(try vault.open(sealed, as: kind, for: user), as: kind, for: newID)
    }
}
