import RefreshCore
import Synchronization

/// The places a rewrite came by, in order.
final class Visits: Sendable {
    private let visited = Mutex<[Place]>([])

    var places: [Place] { visited.withLock { $0 } }

    func note(_ place: Place) {
        visited.withLock { $0.append(place) }
    }
}
