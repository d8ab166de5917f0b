import RefreshCore
import RefreshDaemon

/// Refreshes all users that can be called, in batches; only one page of ids is kept in memory.
///
/// About as many users are requested at once as the daemon currently calls, so that none waits long in its queue.
struct FleetRefresh {
    private static let page = 1_000
    private static let lanes = 2

    let operations: any OperationPerforming
    let group: GroupName?
    let force: Bool
    let wait: Bool

    /// Passes results to `report` with the number of users, nil if it is unknown.
    ///
    /// Returns whether there are any users, callable or not, and whether all calls are suspended, so that the remaining
    /// users were not requested.
    func run(
        _ report: ([RefreshReport], _ total: Int?) throws -> Void
    ) async throws -> (isAny: Bool, isStopped: Bool) {
        let status = try await operations.perform(ReadStatus())
        let total = group == nil ? status.scheduled + status.backingOff : nil
        var query = UserQuery(group: group, limit: Self.page)
        var isAny = false
        while true {
            let page = try await operations.perform(ListUsers(query))
            let ids = try page.filter { $0.state == .scheduled || $0.state == .backingOff }
                .map { try UserID($0.userID) }
            isAny = isAny || !page.isEmpty
            guard try await refresh(ids, { try report($0, total) }) else { return (isAny, isStopped: true) }
            guard page.count == query.limit, let last = page.last else { return (isAny, isStopped: false) }
            query.after = try UserID(last.userID)
        }
    }

    /// Returns false if all calls are suspended.
    private func refresh(_ ids: [UserID], _ report: ([RefreshReport]) throws -> Void) async throws -> Bool {
        guard wait else {
            if !ids.isEmpty { try report(try await operations.perform(QueueRefresh(ids))) }
            return true
        }
        var rest = ids[...]
        while !rest.isEmpty {
            let size = max(1, min(100, (try await operations.perform(ReadStatus()).concurrency ?? 1) / Self.lanes))
            // A few batches in succession before asking the daemon again how many users it calls.
            let stretch = rest.prefix(size * Self.lanes * 4)
            rest = rest.dropFirst(stretch.count)
            let (again, isSuspended) = try await refresh(stretch, size: size, report)
            if isSuspended { return false }
            rest = again + rest
        }
        return true
    }

    /// The users to request again because the queue was full, and whether all calls are suspended.
    private func refresh(
        _ ids: ArraySlice<UserID>, size: Int, _ report: ([RefreshReport]) throws -> Void
    ) async throws -> (again: [UserID], isSuspended: Bool) {
        var (again, isSuspended) = ([UserID](), false)
        var rest = ids
        try await withThrowingTaskGroup(of: [RefreshReport].self) { group in
            func begin() {
                let piece = Array(rest.prefix(size))
                rest = rest.dropFirst(piece.count)
                guard !piece.isEmpty, !isSuspended else { return }
                group.addTask { [operations, force] in try await operations.perform(RefreshUsers(piece, force: force)) }
            }
            for _ in 0..<Self.lanes { begin() }
            while let reports = try await group.next() {
                let crowded = try reports.filter { $0.refusal == .limits }.map { try UserID($0.userID) }
                again += crowded
                isSuspended = isSuspended || reports.contains { $0.refusal?.holdsForAll == true }
                try report(reports.filter { $0.refusal != .limits })
                begin()
            }
        }
        return (again, isSuspended)
    }
}
