package import RefreshCore

/// Makes the users due now, if their rules allow it, and answers at once.
///
/// The schedule calls them as its limits allow. This survives a restart.
package struct QueueRefresh: BatchOperation {
    package enum CodingKeys: String, CodingKey, CaseIterable { case users }

    package static let name = "queue-refresh"

    package let users: [UserID]

    package init(_ users: [UserID]) {
        self.users = users
    }

    package func run(with daemon: DaemonContext) async throws -> [RefreshReport] {
        let reports = try await queued(in: daemon.stored)
        daemon.work.wakeSignal.send()
        daemon.work.gate.passTime()
        guard let hold = daemon.work.gate.hold else { return reports }
        return reports.map { report in
            var report = report
            if report.answer == .queued { (report.reason, report.until) = (hold.reason, hold.until?.description) }
            return report
        }
    }

    package func run(with store: StoreContext) async throws -> [RefreshReport] {
        try await queued(in: store).map { report in
            var report = report
            if report.answer == .queued { report.reason = "no daemon is running" }
            return report
        }
    }

    private func queued(in store: StoreContext) async throws -> [RefreshReport] {
        let policies = store.policies()
        let now = store.time.now
        let updated = try await store.store.update(users) { user in
            try? NextStep.requested(user, policy: policies.policy(for: user), now: now).get()
        }
        return zip(users, updated).map { id, user in
            guard let user else { return .noSuchUser(id) }
            let policy = policies.policy(for: user)
            // Only the due moment changed, which is no obstacle: the answer is the same as inside the store.
            switch NextStep.requested(user, policy: policy, now: now) {
            case .success(let user):
                return RefreshReport(
                    userID: id.rawValue, answer: .queued, nextDue: user.state.due?.description)
            case .failure(let obstacle): return .refused(user, because: obstacle, policy: policy)
            }
        }
    }
}
