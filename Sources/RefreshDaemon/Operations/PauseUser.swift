package import RefreshCore

/// Pauses a user until the given time, or until `resume-user`.
package struct PauseUser: Operation {
    package enum CodingKeys: String, CodingKey, CaseIterable { case user, until }

    package static let name = "pause-user"

    package let user: UserID
    package let until: Timestamp?

    package init(_ user: UserID, until: Timestamp? = nil) {
        self.user = user
        self.until = until
    }

    package func run(with daemon: DaemonContext) async throws -> UserReport {
        let paused = try await paused(in: daemon.stored)
        if case .paused = paused.state { daemon.events.report(.userPaused(paused)) }
        return UserReport(paused)
    }

    package func run(with store: StoreContext) async throws -> UserReport {
        UserReport(try await paused(in: store))
    }

    private func paused(in store: StoreContext) async throws -> User {
        try store.checkEnd(ofPause: until)
        let policies = store.policies()
        return try await store.update(user) { [until] in
            NextStep.paused($0, until: until, policy: policies.policy(for: $0))
        }
    }
}
