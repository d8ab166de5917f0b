package import RefreshCore

/// A world in which nothing runs and no time passes until the test says so.
///
/// Tasks are given `executor` as their preference and `time` to sleep on; child tasks inherit it, unstructured ones do
/// not. `advance` plays time forward, stopping at every deadline on the way and letting the woken work finish.
package struct Simulation: Sendable {
    package let executor = ManualExecutor()
    package let time: ManualTime

    package init(startingAt start: Timestamp = Timestamp(secondsSinceEpoch: 1_790_000_000)) {
        time = ManualTime(now: start)
    }

    /// Runs every task as far as it can get without time passing.
    package func settle() {
        executor.runUntilIdle()
    }

    package func advance(by duration: Duration) {
        advance(by: duration, processes: [])
    }

    /// As `advance(by:)`, and lets these processes work too; those that are left out are dead from then on.
    package func advance(by duration: Duration, processes: [Process]) {
        func settleAll() {
            repeat {
                settle()
                processes.forEach { $0.executor.runUntilIdle() }
            } while !executor.isIdle
        }
        let end = time.uptime + duration
        settleAll()
        while time.wakeNextSleepers(notAfter: end) { settleAll() }
        time.jump(to: end)
        settleAll()
    }

    /// A process that can die: its tasks run only as long as it is advanced with the world.
    package struct Process: Sendable {
        package let executor = ManualExecutor()

        package init(_ world: Simulation) {}
    }
}
