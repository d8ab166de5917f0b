import Dispatch
import Host
import Synchronization

/// A sink that keeps what it takes, and can be shut or broken.
final class RecordingSink: JournalSink {
    private let taken = Mutex<[JournalEntry]>([])
    private let broken = Mutex(false)
    private let gate: DispatchSemaphore?

    /// A shut sink blocks its writer until `open`.
    init(shut: Bool = false) {
        gate = shut ? DispatchSemaphore(value: 0) : nil
    }

    var entries: [JournalEntry] { taken.withLock { $0 } }
    var messages: [String] { entries.compactMap { $0[.message] } }

    func open() {
        gate?.signal()
    }

    func setBroken(_ isBroken: Bool) {
        broken.withLock { $0 = isBroken }
    }

    func write(_ entry: JournalEntry) -> Bool {
        gate?.wait()
        gate?.signal()
        guard !broken.withLock({ $0 }) else { return false }
        taken.withLock { $0.append(entry) }
        return true
    }
}
