package import RefreshCore
import Synchronization

/// Keeps every event, in order.
package final class EventLog: EventReporting {
    private let storage = Mutex<[Event]>([])

    package init() {}

    package var events: [Event] { storage.withLock { $0 } }

    package func report(_ event: Event) {
        storage.withLock { $0.append(event) }
    }

    package var attempts: [(attempt: Attempt, user: User, number: Int)] {
        events.compactMap { event in
            if case .attempted(let attempt, let user, let number) = event { (attempt, user, number) } else { nil }
        }
    }
}
