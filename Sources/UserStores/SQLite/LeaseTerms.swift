import RefreshCore

/// What the leases of one batch have in common.
struct LeaseTerms {
    private let now: Timestamp
    private let until: Timestamp
    private let holder: Int64
    private let isForRenewal: Bool
    /// Added to a place it makes the id of a lease; below zero, so that the sum is always in range.
    private let base = Int64.random(in: .min..<0)

    init(now: Timestamp, until: Timestamp, holder: Int64, isForRenewal: Bool = false) {
        self.now = now
        self.until = until
        self.holder = holder
        self.isForRenewal = isForRenewal
    }

    /// The columns that `add` fills, in its order.
    static let assignments = """
        lease_id = place + ?, lease_until = ?, leased_at = ?, holder = ?, leased_for = coalesce(?, leased_for)
        """

    func add(to values: inout PreparedStatement.Values) {
        values.add(base)
        values.add(until)
        values.add(now)
        values.add(holder)
        // What is free was leased for nothing; what was lost stays leased for what it was.
        values.add(isForRenewal ? 1 : Int64?.none)
    }

    func lease(at place: Place) -> Lease {
        Lease(id: base + place.rawValue, place: place, until: until)
    }
}
