package import RefreshCore
import Synchronization

/// Whether the store does what is asked of it: what `Health` judges by.
///
/// Those who cannot work without it find out. It works again when all of them say so.
package final class StoreHealth: Sendable {
    package typealias Trouble = FleetSnapshot.StoreFailure

    enum Worker { case scheduler, settlements }

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
        let trouble = Trouble(text: problem.description, remedy: problem.remedy, since: time.now)
        let isNew = state.withLock { state in
            state.failing.insert(worker)
            let isNew = state.trouble == nil
            // What is wrong may change; since when, stays.
            state.trouble = Trouble(
                text: trouble.text, remedy: trouble.remedy, since: state.trouble?.since ?? trouble.since)
            return isNew
        }
        guard isNew else { return }
        events.report(.storeFailed(detail: trouble.text + (trouble.remedy.map { " (\($0))" } ?? "")))
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
