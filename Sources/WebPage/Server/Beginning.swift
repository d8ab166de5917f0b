import Synchronization

/// Whether something has begun.
final class Beginning: Sendable {
    private let state = Mutex(false)

    var hasHappened: Bool { state.withLock(\.self) }

    func happened() {
        state.withLock { $0 = true }
    }
}
