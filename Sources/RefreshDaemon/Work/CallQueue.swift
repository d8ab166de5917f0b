import RefreshCore
import Synchronization

/// Hands admitted calls to the daemon, which runs them as its own children so that a stop can wait for them.
package final class CallQueue: Sendable {
    let calls: AsyncStream<Call>
    private let continuation: AsyncStream<Call>.Continuation

    package init() {
        // Unbounded, but never longer than the calls that admission lets begin.
        (calls, continuation) = AsyncStream.makeStream(of: Call.self)
    }

    /// False when the daemon takes no more calls.
    func submit(_ call: Call) -> Bool {
        if case .enqueued = continuation.yield(call) { true } else { false }
    }

    func close() {
        continuation.finish()
    }
}
