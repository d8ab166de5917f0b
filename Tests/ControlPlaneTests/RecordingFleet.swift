import RefreshCore
import RefreshDaemon
import Synchronization

/// Notes every operation asked of it and answers as it was told.
final class RecordingFleet: FleetOperating {
    enum Call: Equatable {
        case put([UserEntry], ImportPart?)
        case export(UserID)
        case exportPage(UserID?, Int)
        case list(UserQuery)
        case lines(UserQuery), exportLines(UserID?, Int)
        case show(UserID)
        case history(UserID, HistoryQuery)
        case remove(UserID)
        case preview([UserEntry])
        case ids(UserID?, Int)
        case removeMany([UserID], RemovalTerms)
        case regroup([UserID], GroupName?, ImportPart?)
        case rename(UserID, UserID)
        case pause(UserID, Timestamp?)
        case resume(UserID)
        case refresh([UserID], Bool)
        case queueRefresh([UserID])
        case pauseFleet(Timestamp?, String?)
        case resumeFleet
        case status
        case reload
        case keys, keyUsage, reloadKeys
        case compact(String?)
        case dueHistogram(Timestamp, Duration, Int)
    }

    private struct State {
        var calls: [Call] = []
        var problem: (any Error)?
    }

    private let state = Mutex(State())
    private let whileRefreshing: @Sendable () async -> Void

    init(failingWith problem: (any Error)? = nil, whileRefreshing: @escaping @Sendable () async -> Void = {}) {
        self.whileRefreshing = whileRefreshing
        state.withLock { $0.problem = problem }
    }

    var calls: [Call] { state.withLock(\.calls) }

    private func note(_ call: Call) throws {
        let problem = state.withLock { state in
            state.calls.append(call)
            return state.problem
        }
        if let problem { throw problem }
    }

    func put(_ users: [UserEntry], part: ImportPart?) async throws -> [PutAnswer] {
        try note(.put(users, part))
        return users.indices.map { PutAnswer.allCases[$0 % PutAnswer.allCases.count] }
    }

    func preview(_ users: [UserEntry]) async throws -> [PutAnswer] {
        try note(.preview(users))
        return users.indices.map { PutAnswer.allCases[$0 % PutAnswer.allCases.count] }
    }

    func ids(after: UserID?, limit: Int) async throws -> [UserID] {
        try note(.ids(after, limit))
        return try ["a", "é/?"].map { try UserID($0) }
    }

    func remove(_ ids: [UserID], _ terms: RemovalTerms) async throws -> [Removal] {
        try note(.removeMany(ids, terms))
        return ids.indices.map { Removal.allCases[$0 % Removal.allCases.count] }
    }

    func regroup(_ ids: [UserID], to group: GroupName?, part: ImportPart?) async throws -> [RegroupAnswer] {
        try note(.regroup(ids, group, part))
        return ids.indices.map { RegroupAnswer.allCases[$0 % RegroupAnswer.allCases.count] }
    }

    func rename(_ id: UserID, to new: UserID) async throws -> UserReport {
        try note(.rename(id, new))
        return Sample.report(new)
    }

    func list(_ query: UserQuery) async throws -> [UserReport] {
        try note(.list(query))
        return try ["a", "b"].map { Sample.report(try UserID($0)) }
    }

    func lines(_ query: UserQuery) async throws -> [UInt8] {
        try note(.lines(query))
        var lines = JSONLines()
        for id in ["a", "b"] { Sample.report(try UserID(id)).addLine(to: &lines) }
        return lines.bytes
    }

    func exportLines(after: UserID?, limit: Int) async throws -> [UInt8] {
        try note(.exportLines(after, limit))
        var lines = JSONLines()
        for id in ["a", "b"] { Sample.export(try UserID(id)).addLine(to: &lines) }
        return lines.bytes
    }

    func show(_ id: UserID) async throws -> UserReport {
        try note(.show(id))
        return Sample.report(id)
    }

    func history(of id: UserID, _ query: HistoryQuery) async throws -> HistoryReport {
        try note(.history(id, query))
        return Sample.historyReport(id)
    }

    func export(_ id: UserID) async throws -> UserExport {
        try note(.export(id))
        return Sample.export(id)
    }

    func export(after: UserID?, limit: Int) async throws -> [UserExport] {
        try note(.exportPage(after, limit))
        return try ["a", "b"].map { Sample.export(try UserID($0)) }
    }

    func remove(_ id: UserID) async throws {
        try note(.remove(id))
    }

    func pause(_ id: UserID, until: Timestamp?) async throws -> UserReport {
        try note(.pause(id, until))
        return Sample.report(id, state: .paused(until.map { PauseEnd(until: $0, due: $0) }))
    }

    func resume(_ id: UserID) async throws -> UserReport {
        try note(.resume(id))
        return Sample.report(id)
    }

    func refresh(_ ids: [UserID], force: Bool) async throws -> [RefreshReport] {
        try note(.refresh(ids, force))
        await whileRefreshing()
        return ids.map(Sample.refreshReport)
    }

    func queueRefresh(_ ids: [UserID]) async throws -> [RefreshReport] {
        try note(.queueRefresh(ids))
        return ids.map(Sample.refreshReport)
    }

    func compact(after mark: String?) async throws -> CompactionReport {
        try note(.compact(mark))
        return CompactionReport(next: mark == nil ? "users:7" : nil, share: 0.5, bytes: 1_000, freeBytes: 10)
    }

    func pauseFleet(until: Timestamp?, reason: String?) async throws -> StatusReport {
        try note(.pauseFleet(until, reason))
        return Sample.status(pause: FleetPause(until: until, reason: reason))
    }

    func resumeFleet() async throws -> StatusReport {
        try note(.resumeFleet)
        return Sample.status()
    }

    func status() async throws -> StatusReport {
        try note(.status)
        return Sample.status()
    }

    func dueHistogram(from: Timestamp, width: Duration, count: Int) async throws -> DueHistogram {
        try note(.dueHistogram(from, width, count))
        return Sample.dueHistogram(from: from, width: width, count: count)
    }

    func reload() async throws -> ReloadReport {
        try note(.reload)
        return Sample.reloadReport
    }

    func keys() async throws -> KeyReport {
        try note(.keys)
        return Sample.keyReport(counts: nil)
    }

    func keyUsage() async throws -> KeyReport {
        try note(.keyUsage)
        return Sample.keyReport(counts: 12)
    }

    func reloadKeys() async throws -> KeyReport {
        try note(.reloadKeys)
        return Sample.keyReport(counts: 0)
    }
}
