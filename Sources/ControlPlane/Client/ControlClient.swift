import FoundationEssentials
import HTTPTypes
package import RefreshCore
package import RefreshDaemon

/// Asks the running daemon over its control socket; one connection for each request.
///
/// Throws the `OperationProblem` that the daemon threw, `ControlUnreachable` when none answered.
package struct ControlClient: FleetOperating {
    let exchange: ControlExchange
    private let timeouts: Timeouts

    struct Timeouts {
        var ordinary: Duration = .seconds(30)
        /// For batches, which wait for the store or the bank.
        var batch: Duration = .minutes(10)
    }

    package init(socketPath: String) {
        self.init(socketPath: socketPath, timeouts: Timeouts())
    }

    init(socketPath: String, timeouts: Timeouts) {
        exchange = ControlExchange(socketPath: socketPath)
        self.timeouts = timeouts
    }

    /// Sends as many requests as the daemon's limits ask for, one after the other.
    ///
    /// What was sent before a request that fails is done.
    package func put(_ users: [UserEntry], part: ImportPart?) async throws -> [PutAnswer] {
        var answers: [PutAnswer] = []
        for batch in EntryBatches.split(users) {
            let part = part.map { ImportPart(id: $0.id, isLast: $0.isLast && batch.endIndex == users.endIndex) }
            let answer: PutUsersAnswer = try await call(
                .putUsers,
                body: PutUsersRequest(batch, part: part),
                timeout: timeouts.batch
            )
            guard answer.answers.count == batch.count else { throw exchange.mismatch }
            answers += answer.answers
        }
        return answers
    }

    package func list(_ query: UserQuery) async throws -> [UserReport] {
        let list: UserList = try await call(.listUsers, query: query.queryText)
        return list.users
    }

    package func show(_ id: UserID) async throws -> UserReport {
        try await call(.showUser, id: id)
    }

    package func history(of id: UserID, _ query: HistoryQuery) async throws -> HistoryReport {
        try await call(.userHistory, id: id, query: query.queryText)
    }

    package func export(_ id: UserID) async throws -> UserExport {
        try await call(.exportUser, id: id)
    }

    package func export(after: UserID?, limit: Int) async throws -> [UserExport] {
        let page: ExportPage = try await call(
            .exportUsers, query: ExportQuery(after: after, limit: limit).queryText)
        return page.users
    }

    package func remove(_ id: UserID) async throws {
        _ = try await send(.removeUser, id: id)
    }

    package func pause(_ id: UserID, until: Timestamp?) async throws -> UserReport {
        try await call(.pauseUser, id: id, body: PauseRequest(until: until))
    }

    package func resume(_ id: UserID) async throws -> UserReport {
        try await call(.resumeUser, id: id)
    }

    /// Sends at most 100 ids with one request, one request after the other, so that each is answered in minutes.
    package func refresh(_ ids: [UserID], force: Bool) async throws -> [RefreshReport] {
        try await refresh(ids, atOnce: 100) { RefreshRequest($0, force: force) }
    }

    package func queueRefresh(_ ids: [UserID]) async throws -> [RefreshReport] {
        try await refresh(ids, atOnce: RefreshRequest.longest) { RefreshRequest($0, wait: false) }
    }

    private func refresh(
        _ ids: [UserID], atOnce longest: Int, _ request: (ArraySlice<UserID>) -> RefreshRequest
    ) async throws -> [RefreshReport] {
        var reports: [RefreshReport] = []
        var rest = ids[...]
        while !rest.isEmpty {
            let batch = rest.prefix(longest)
            rest = rest.dropFirst(batch.count)
            let answer: RefreshAnswer = try await call(.refresh, body: request(batch), timeout: timeouts.batch)
            guard answer.reports.count == batch.count else { throw exchange.mismatch }
            reports += answer.reports
        }
        return reports
    }

    package func pauseFleet(until: Timestamp?, reason: String?) async throws -> StatusReport {
        try await call(.pauseFleet, body: FleetPauseRequest(until: until, reason: reason))
    }

    package func resumeFleet() async throws -> StatusReport {
        try await call(.resumeFleet)
    }

    package func status() async throws -> StatusReport {
        try await call(.status)
    }

    package func dueHistogram(from: Timestamp, width: Duration, count: Int) async throws -> DueHistogram {
        let answer: WireDueHistogram = try await call(
            .dueHistogram,
            query: DueQuery(from: from, width: width, count: count).queryText,
            timeout: timeouts.batch
        )
        guard let histogram = answer.histogram, histogram.count == count else { throw exchange.mismatch }
        return histogram
    }

    package func reload() async throws -> ReloadReport {
        try await call(.reload)
    }

    package func keys() async throws -> KeyReport {
        try await call(.keys)
    }

    package func keyUsage() async throws -> KeyReport {
        try await call(.keyUsage, timeout: timeouts.batch)
    }

    package func reloadKeys() async throws -> KeyReport {
        try await call(.reloadKeys, timeout: timeouts.batch)
    }

    private func call<Answer: Decodable>(
        _ route: ControlRoute,
        id: UserID? = nil,
        query: String? = nil,
        body: (any Encodable)? = nil,
        timeout: Duration? = nil
    ) async throws -> Answer {
        let data = try await send(route, id: id, query: query, body: body, timeout: timeout)
        guard let answer = try? ControlJSON.decode(Answer.self, from: data) else { throw exchange.mismatch }
        return answer
    }

    private func send(
        _ route: ControlRoute,
        id: UserID? = nil,
        query: String? = nil,
        body: (any Encodable)? = nil,
        timeout: Duration? = nil
    ) async throws -> Data {
        var uri = route.path
        if let id {
            uri = uri.split(separator: "{id}", omittingEmptySubsequences: false).joined(
                separator: PercentEncoding.encode(id.rawValue)
            )
        }
        if let query { uri += "?\(query)" }
        let content = try body.map { body in
            do {
                return try ControlJSON.encode(body)
            } catch let problem as FieldProblem {
                throw OperationProblem.badRequest(problem.description)
            }
        }
        let (status, data) = try await exchange.send(
            route.method.rawValue,
            uri,
            body: content,
            timeout: timeout ?? timeouts.ordinary
        )
        if (200..<300).contains(status) { return data }
        let answer = try? ControlJSON.decode(ProblemAnswer.self, from: data)
        guard let problem = answer?.error.operationProblem else { throw exchange.mismatch }
        throw problem
    }
}
