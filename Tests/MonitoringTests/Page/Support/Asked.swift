import Synchronization

/// Counts questions.
final class Asked: Sendable {
    private let count = Mutex(0)

    /// The number of this one, from 0.
    func next() -> Int {
        count.withLock { count in
            defer { count += 1 }
            return count
        }
    }
}
