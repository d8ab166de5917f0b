package import RefreshCore

/// What users' places on the circle of the schedule depend on besides their ids.
///
/// `put-users` is fastest if it brings users in the order of their places, because neighbours share pages of the store.
package struct ReadPlacing: Operation {
    package typealias CodingKeys = NoParameters

    package static let name = "placing"

    package init() {}

    package func run(with store: StoreContext) async throws -> Placing { Placing(seed: store.store.seed) }
}

/// Where users stand on the circle of the schedule.
package struct Placing: Codable, Equatable, Sendable {
    /// The store's seed, all 64 bits: with an id, it gives the id's place.
    private let seed: Int64

    package init(seed: UInt64) {
        self.seed = Int64(bitPattern: seed)
    }

    /// The place that a new user would get if no other user had it.
    package func place(of entry: UserEntry) -> Place {
        entry.standing?.place ?? Place(of: entry.id, seed: UInt64(bitPattern: seed))
    }
}
