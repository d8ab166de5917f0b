package import RefreshCore

/// Ends the user's pause, or releases it if it is parked.
package struct ResumeUser: Operation {
    package enum CodingKeys: String, CodingKey, CaseIterable { case user }

    package static let name = "resume-user"

    package let user: UserID

    package init(_ user: UserID) {
        self.user = user
    }

    package func run(with daemon: DaemonContext) async throws -> UserReport {
        let resumed = try await resumed(in: daemon.stored)
        daemon.work.wakeSignal.send()
        daemon.events.report(.userResumed(resumed))
        return UserReport(resumed)
    }

    package func run(with store: StoreContext) async throws -> UserReport {
        UserReport(try await resumed(in: store))
    }

    private func resumed(in store: StoreContext) async throws -> User {
        let policies = store.policies()
        let now = store.time.now
        return try await store.update(user) { NextStep.resumed($0, policy: policies.policy(for: $0), now: now) }
    }
}
