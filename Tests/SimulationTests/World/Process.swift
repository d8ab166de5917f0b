import RefreshCore
import RefreshDaemon
import Synchronization
import TestSupport

/// One life of the daemon: its own executor, its own opening of the store.
final class Process: Sendable {
    enum End: Sendable { case stopped, failed }

    let number: Int
    let executor = ManualExecutor()
    let daemon: SimulatedDaemon
    private let ending = Mutex<End?>(nil)
    private let tasks = Mutex<[Task<Void, Never>]>([])

    init(number: Int, daemon: SimulatedDaemon) {
        self.number = number
        self.daemon = daemon
    }

    /// How the work ended; nil while it goes on.
    var end: End? { ending.withLock { $0 } }

    func start() {
        run {
            do {
                try await self.daemon.daemon.run()
                self.ending.withLock { $0 = .stopped }
            } catch {
                self.ending.withLock { $0 = .failed }
            }
        }
    }

    /// Does something in this process; it dies with it.
    func run(_ work: @escaping @Sendable () async -> Void) {
        let task = Task(executorPreference: executor) { await work() }
        tasks.withLock { $0.append(task) }
    }

    /// Lets what is left of a dead process come to an end, once nobody listens to it any more.
    func bury() {
        for task in tasks.withLock({ $0 }) { task.cancel() }
        executor.runUntilIdle()
    }
}
