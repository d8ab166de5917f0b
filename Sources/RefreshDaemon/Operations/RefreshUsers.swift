package import RefreshCore

/// Refreshes the users now, if their rules allow it, and waits for the answers, which may take minutes.
///
/// The calls continue if the client disconnects.
package struct RefreshUsers: BatchOperation {
    package enum CodingKeys: String, CodingKey, CaseIterable { case users, force }

    package static let name = "refresh"

    package let users: [UserID]
    /// Overrides the minimum interval and the daily budget.
    package let force: Bool?

    package init(_ users: [UserID], force: Bool = false) {
        self.users = users
        self.force = force
    }

    package func run(with daemon: DaemonContext) async throws -> [RefreshReport] {
        let force = force ?? false
        let manual = daemon.manual
        let workers = max(1, daemon.work.settings.value.admission.concurrency.max)
        var reports: [RefreshReport?] = Array(repeating: nil, count: users.count)
        try await withThrowingTaskGroup(of: (Int, RefreshReport).self) { group in
            for (index, user) in users.enumerated() {
                if index >= workers, let (done, report) = try await group.next() { reports[done] = report }
                group.addTask { (index, try await manual.refresh(user, force: force)) }
            }
            for try await (done, report) in group { reports[done] = report }
        }
        return reports.compactMap { $0 }
    }
}
