import NIOCore
import Synchronization

/// Hands submissions to the event loop, in their order: many with one wake-up.
final class Inbox: Sendable {
    private struct State {
        var submissions: [Submission] = []
        var isLoopAwake = false
    }

    private let state = Mutex(State())
    private let eventLoop: any EventLoop
    private let pool: NIOLoopBoundBox<ConnectionPool>

    init(_ pool: sending ConnectionPool, eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.pool = .makeBoxSendingValue(pool, eventLoop: eventLoop)
    }

    func submit(_ submission: Submission) {
        let isLoopAwake = state.withLock { state in
            state.submissions.append(submission)
            return exchange(&state.isLoopAwake, with: true)
        }
        if !isLoopAwake { eventLoop.execute { self.deliver() } }
    }

    private func deliver() {
        let submissions = state.withLock { state in
            state.isLoopAwake = false
            return exchange(&state.submissions, with: [])
        }
        pool.value.take(submissions)
    }
}
