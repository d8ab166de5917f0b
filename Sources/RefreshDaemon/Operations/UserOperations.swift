import RefreshCore

/// What can be done to users with the store alone; the daemon and a command line without one do it alike.
struct UserOperations: Sendable {
    let store: any UserStore
    let vault: any TokenSealing
    let time: any Timekeeping
    let events: any EventReporting
    let imports: ImportLedger
    let sweeper: RemovalSweeper
    /// Users removed or moved in one transaction to begin with; where there are calls, they wait meanwhile.
    let pace: WorkPace
    let policies: @Sendable () -> Policies

    init(
        store: any UserStore, vault: any TokenSealing, time: any Timekeeping, events: any EventReporting,
        pace: WorkPace,
        policies: @escaping @Sendable () -> Policies
    ) {
        self.store = store
        self.vault = vault
        self.time = time
        self.events = events
        self.pace = pace
        self.policies = policies
        imports = ImportLedger(time: time, events: events)
        sweeper = RemovalSweeper(store: store, time: time)
    }

    func list(_ query: UserQuery) async throws -> [UserReport] {
        let (filter, after) = (try filter(query), try after(query))
        guard let order = query.order else {
            return try await store.users(matching: filter, after: after, limit: query.limit).map(UserReport.init)
        }
        guard after == nil else {
            throw OperationProblem.badRequest("after goes with the order of ids, not with \(order.rawValue)")
        }
        return try await store.users(matching: filter, by: order, limit: query.limit).map(UserReport.init)
    }

    func after(_ query: UserQuery) throws -> UserID? {
        try query.after.map { text in
            do { return try UserID(text) } catch { throw OperationProblem.badRequest("after: \(error)") }
        }
    }

    func filter(_ query: UserQuery) throws -> UserFilter {
        guard (1...10_000).contains(query.limit) else {
            throw OperationProblem.badRequest("limit is \(query.limit); it must be 1 to 10000")
        }
        var filter = UserFilter(
            state: query.state, parkReason: query.parkReason, outcome: query.outcome,
            notRefreshedSince: query.notRefreshedSince, expiringBefore: query.expiringBefore)
        if let text = query.group {
            guard let group = GroupName(text) else { throw OperationProblem.badRequest("\"\(text)\" is no group name") }
            filter.group = group
        }
        return filter
    }

    func ids(after: UserID?, limit: Int) async throws -> [UserID] {
        guard (1...10_000).contains(limit) else {
            throw OperationProblem.badRequest("limit is \(limit); it must be 1 to 10000")
        }
        return try await store.ids(after: after, limit: limit)
    }

    func show(_ id: UserID) async throws -> UserReport {
        guard let user = try await store.user(id) else { throw OperationProblem.noSuchUser(id) }
        return UserReport(user)
    }

    func history(of id: UserID, _ query: HistoryQuery) async throws -> HistoryReport {
        guard HistoryQuery.limits.contains(query.limit) else {
            throw OperationProblem.badRequest("limit is \(query.limit); it must be 1 to 1000")
        }
        let since = query.since ?? time.now.advanced(by: .zero - HistoryQuery.countedSpan)
        guard let attempts = try await store.history(of: id, before: query.before, limit: query.limit),
            let counts = try await store.historyCounts(of: id, since: since)
        else { throw OperationProblem.noSuchUser(id) }
        let shown = attempts.filter { attempt in query.since.map { attempt.startedAt >= $0 } ?? true }
        return HistoryReport(of: id, shown, counts: counts, since: since)
    }

    /// Of the last day, in stretches of five minutes.
    func tallies() async throws -> [AttemptTally] {
        try await store.attemptTallies(since: time.now.advanced(by: .zero - .days(1)))
    }

    func export(_ id: UserID) async throws -> UserExport {
        guard let user = try await store.user(id) else { throw OperationProblem.noSuchUser(id) }
        return try await export(user)
    }

    private func export(_ user: User) async throws -> UserExport {
        var history: [AttemptRecord] = []
        while true {
            let limit = HistoryQuery.limits.upperBound
            let page = try await store.history(of: user.id, before: history.last?.startedAt, limit: limit) ?? []
            history += page
            if page.count < limit { return UserExport(user, history: history) }
        }
    }

    func pause(_ id: UserID, until: Timestamp?) async throws -> User {
        if let until, until <= time.now {
            throw OperationProblem.badRequest("the pause would end at \(until), which has passed")
        }
        let policies = policies()
        return try await update(id) { NextStep.paused($0, until: until, policy: policies.policy(for: $0)) }
    }

    func resume(_ id: UserID) async throws -> User {
        let policies = policies()
        let now = time.now
        return try await update(id) { NextStep.resumed($0, policy: policies.policy(for: $0), now: now) }
    }

    func queueRefresh(_ ids: [UserID]) async throws -> [RefreshReport] {
        let policies = policies()
        let now = time.now
        let users = try await store.update(ids) { user in
            try? NextStep.requested(user, policy: policies.policy(for: user), now: now).get()
        }
        return zip(ids, users).map { id, user in
            guard let user else { return .noSuchUser(id) }
            let policy = policies.policy(for: user)
            // Nothing but the due moment changed, which is no obstacle: the answer is the same as the store's was.
            switch NextStep.requested(user, policy: policy, now: now) {
            case .success(let user):
                return RefreshReport(
                    userID: id.rawValue, answer: .queued, nextDue: user.state.due?.description)
            case .failure(let obstacle): return .refused(user, because: obstacle, policy: policy)
            }
        }
    }

    func dueHistogram(from: Timestamp, width: Duration, count: Int) async throws -> DueHistogram {
        guard (1...10_000).contains(count) else {
            throw OperationProblem.badRequest("count is \(count); it must be 1 to 10000")
        }
        guard width >= .seconds(1) else {
            throw OperationProblem.badRequest("width is \(width.text); it must be a second or more")
        }
        return try await store.dueHistogram(
            from: from, width: width, count: count, groups: Set(policies().groups.keys))
    }

    func compact(after mark: String?) async throws -> CompactionReport {
        let step = try await store.compact(after: mark)
        return CompactionReport(step, space: try await store.space())
    }

    private func update(_ id: UserID, _ change: @escaping @Sendable (User) -> User) async throws -> User {
        guard let user = try await store.update(id, change) else { throw OperationProblem.noSuchUser(id) }
        return user
    }
}
