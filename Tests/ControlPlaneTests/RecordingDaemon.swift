import RefreshCore
import RefreshDaemon
import Synchronization

/// Notes every operation asked of it, and answers as the samples say.
final class RecordingDaemon: OperationPerforming {
    private struct State {
        var asked: [any RefreshDaemon.Operation] = []
        var problem: (any Error)?
    }

    private let state = Mutex(State())
    private let whileRefreshing: @Sendable () async -> Void

    init(failingWith problem: (any Error)? = nil, whileRefreshing: @escaping @Sendable () async -> Void = {}) {
        self.whileRefreshing = whileRefreshing
        state.withLock { $0.problem = problem }
    }

    var asked: [any RefreshDaemon.Operation] { state.withLock(\.asked) }

    /// What was asked of this kind, in order.
    func asked<Asked: RefreshDaemon.Operation>(_ type: Asked.Type) -> [Asked] { asked.compactMap { $0 as? Asked } }

    func respond<Asked: RefreshDaemon.Operation>(to operation: Asked) async throws -> Asked.Answer {
        let problem = state.withLock { state in
            state.asked.append(operation)
            return state.problem
        }
        if let problem { throw problem }
        if operation is RefreshUsers { await whileRefreshing() }
        guard let sample = Sample.operations.lazy.compactMap({ $0 as? SampledOperation<Asked> }).first else {
            throw OperationProblem.failed("no sample of \(Asked.name)")
        }
        return sample.answer(operation)
    }
}
