import Synchronization

/// Counts the connections of the process.
enum ConnectionNumber {
    private static let latest = Atomic<UInt64>(0)

    /// A number that no other connection has.
    static func next() -> UInt64 {
        latest.add(1, ordering: .relaxed).newValue
    }
}
