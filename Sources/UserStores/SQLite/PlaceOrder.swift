import RefreshCore

/// Places as they are read, one after the other, so that neighbours come from the same pages.
struct PlaceOrder: Sendable {
    let places: [Place]
    /// Where in `places` each is that was given.
    private let ranks: [Int]

    init(_ given: [Place]) {
        let order = given.indices.sorted { given[$0] < given[$1] }
        places = order.map { given[$0] }
        var ranks = [Int](repeating: 0, count: order.count)
        for (rank, index) in order.enumerated() { ranks[index] = rank }
        self.ranks = ranks
    }

    /// What was found at `places`, in the order in which they were given.
    func restored<Found>(_ found: [Found]) -> [Found] {
        ranks.map { found[$0] }
    }
}
