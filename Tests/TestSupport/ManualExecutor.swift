import Synchronization

/// Runs jobs on the thread that asks for it, and only then.
package final class ManualExecutor: TaskExecutor {
    private let jobs = Mutex<(queue: [UnownedJob], head: Int)>(([], 0))

    package init() {}

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.queue.append(job) }
    }

    package func runUntilIdle() {
        while let job = next() {
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    /// Runs `limit` jobs at most and returns how many it ran; what is left runs another time, or never.
    package func run(atMost limit: Int) -> Int {
        var count = 0
        while count < limit, let job = next() {
            job.runSynchronously(on: asUnownedTaskExecutor())
            count += 1
        }
        return count
    }

    var isIdle: Bool { jobs.withLock { $0.head >= $0.queue.count } }

    private func next() -> UnownedJob? {
        jobs.withLock { jobs in
            guard jobs.head < jobs.queue.count else {
                jobs = ([], 0)
                return nil
            }
            defer { jobs.head += 1 }
            return jobs.queue[jobs.head]
        }
    }
}
