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
        try await put(users, by: .putUsers, part: part)
    }

    package func preview(_ users: [UserEntry]) async throws -> [PutAnswer] {
        try await put(users, by: .previewUsers, part: nil)
    }

    private func put(_ users: [UserEntry], by route: ControlRoute, part: ImportPart?) async throws -> [PutAnswer] {
        var answers: [PutAnswer] = []
        for batch in EntryBatches.split(users) {
            let part = part.map { $0.last(batch.endIndex == users.endIndex) }
            let answer: PutUsersAnswer = try await call(
                route,
                body: PutUsersRequest(batch, part: part),
                timeout: timeouts.batch
            )
            guard answer.answers.count == batch.count else { throw exchange.mismatch }
            answers += answer.answers
        }
        return answers
    }

    package func ids(after: UserID?, limit: Int) async throws -> [UserID] {
        let page: IDPage = try await call(.userIDs, query: ExportQuery(after: after, limit: limit).queryText)
        return page.ids.map(\.id)
    }

    package func list(_ query: UserQuery) async throws -> [UserReport] {
        let list: UserList = try await call(.listUsers, query: query.queryText)
        return list.users
    }

    package func lines(_ query: UserQuery) async throws -> [UInt8] {
        Array(try await send(.userLines, query: query.queryText))
    }

    package func exportLines(after: UserID?, limit: Int) async throws -> [UInt8] {
        let query = ExportQuery(after: after, limit: limit).queryText
        return Array(try await send(.exportLines, query: query, timeout: timeouts.batch))
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

    package func remove(_ ids: [UserID], _ terms: RemovalTerms) async throws -> [Removal] {
        try await each(of: ids, atMost: RemoveUsersRequest.longest, terms.part, as: .removed) { batch, part in
            var terms = terms
            terms.part = part
            let answer: RemoveUsersAnswer = try await call(
                .removeUsers, body: RemoveUsersRequest(batch, terms), timeout: timeouts.batch)
            return answer.answers
        }
    }

    package func regroup(_ ids: [UserID], to group: GroupName?, part: ImportPart?) async throws -> [RegroupAnswer] {
        try await each(of: ids, atMost: RegroupRequest.longest, part, as: .regrouped) { batch, part in
            let answer: RegroupUsersAnswer = try await call(
                .regroupUsers, body: RegroupRequest(batch, to: group, part: part), timeout: timeouts.batch)
            return answer.answers
        }
    }

    /// Asks for some users after the others, as for one whole; nobody at all is a request too, for it may be the last
    /// part of one.
    private func each<Answer>(
        of ids: [UserID], atMost longest: Int, _ part: ImportPart?, as kind: ImportPart.Kind,
        _ ask: (ArraySlice<UserID>, ImportPart?) async throws -> [Answer]
    ) async throws -> [Answer] {
        var answers: [Answer] = []
        var start = 0
        let name = String(UInt64.random(in: .min ... .max), radix: 36)
        let part = part ?? (ids.count > longest ? ImportPart(id: name, isLast: true, kind: kind) : nil)
        repeat {
            let batch = ids[start..<min(start + longest, ids.count)]
            start = batch.endIndex
            let some = try await ask(batch, part.map { $0.last(start == ids.count) })
            guard some.count == batch.count else { throw exchange.mismatch }
            answers += some
        } while start < ids.count
        return answers
    }

    package func rename(_ id: UserID, to new: UserID) async throws -> UserReport {
        try await call(.renameUser, id: id, body: RenameRequest(newID: new), timeout: timeouts.batch)
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

    package func compact(after mark: String?) async throws -> CompactionReport {
        try await call(.compactStore, body: CompactionRequest(after: mark), timeout: timeouts.batch)
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

extension ImportPart {
    /// The part as one of several: the last only if it would be, and is the last of them.
    fileprivate func last(_ isLast: Bool) -> ImportPart {
        ImportPart(id: id, isLast: self.isLast && isLast, kind: kind, obstacle: obstacle)
    }
}
