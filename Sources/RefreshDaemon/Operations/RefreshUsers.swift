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
        let workers = max(1, min(users.count, daemon.settings.value.admission.concurrency.max))
        var reports: [RefreshReport?] = Array(repeating: nil, count: users.count)
        try await withThrowingTaskGroup(of: (Int, RefreshReport).self) { group in
            var next = 0
            while next < workers, next < users.count {
                group.addTask { [next] in (next, try await manual.refresh(users[next], force: force)) }
                next += 1
            }
            while let (index, report) = try await group.next() {
                reports[index] = report
                guard next < users.count else { continue }
                group.addTask { [next] in (next, try await manual.refresh(users[next], force: force)) }
                next += 1
            }
        }
        return reports.compactMap { $0 }
    }
}
