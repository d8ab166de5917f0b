package import RefreshCore
import Synchronization

/// Whether the store works, as far as `Health` is concerned.
///
/// The workers that depend on the store report failures. It works again when all of them say so.
package final class StoreHealth: Sendable {
    package typealias Trouble = FleetSnapshot.StoreFailure

    enum Worker { case start, scheduler, settlements }

    private struct State {
        var failing: Set<Worker> = []
        var trouble: Trouble?
    }

    private let state = Mutex(State())
    private let events: any EventReporting
    private let time: any Timekeeping

    package init(events: any EventReporting, time: any Timekeeping) {
        self.events = events
        self.time = time
    }

    /// Nil while it works.
    package var trouble: Trouble? { state.withLock { $0.trouble } }

    func failed(_ problem: StoreProblem, for worker: Worker) {
        let now = time.now
        let before = state.withLock { state in
            state.failing.insert(worker)
            // The trouble may change; the time it began stays.
            let trouble = Trouble(text: problem.description, remedy: problem.remedy, since: state.trouble?.since ?? now)
            return exchange(&state.trouble, with: trouble)
        }
        guard before == nil else { return }
        events.report(.storeFailed(detail: problem.description + (problem.remedy.map { " (\($0))" } ?? "")))
    }

    func works(for worker: Worker) {
        let isOver = state.withLock { state in
            state.failing.remove(worker)
            guard state.failing.isEmpty, state.trouble != nil else { return false }
            state.trouble = nil
            return true
        }
        if isOver { events.report(.storeRecovered) }
    }
}

/// How one worker handles a failing store: it reports the failure and retries with a backoff.
struct StoreRetry: Sendable {
    let health: StoreHealth
    let worker: StoreHealth.Worker
    private(set) var failures = 0

    var isDue: Bool { failures > 0 }

    /// Reports the failure, and returns how long to wait before the retry: 1 s, doubling, at most 30 s.
    mutating func delay(after problem: StoreProblem) -> Duration {
        health.failed(problem, for: worker)
        failures += 1
        return Backoff(first: .seconds(1), ceiling: .seconds(30), jitter: .upperHalf).delay(failures)
    }

    mutating func succeeded() {
        guard failures > 0 else { return }
        failures = 0
        health.works(for: worker)
    }
}

/// Checks whether the store is still where its path leads, and wakes the scheduler when that changes.
///
/// It checks more often than the schedule would; the scheduler judges, reports and continues.
package struct StorePlaceWatch: Sendable {
    /// A check of three names costs next to nothing.
    static let interval = Duration.seconds(2)

    let store: any UserStore
    let wakeSignal: WakeSignal
    let time: any Timekeeping

    /// Works until cancelled.
    package func run() async {
        var wasThere = true
        repeat {
            let isThere = (try? await store.verifyPlace()) != nil
            if isThere != wasThere { wakeSignal.send() }
            wasThere = isThere
        } while (try? await time.sleep(for: Self.interval)) != nil
    }
}
