import RefreshCore

/// A user's place in an order: by key, then by id.
struct RankedUser: Comparable, Sendable {
    let key: Int64
    let id: UserID
    let place: Place

    static func < (lhs: RankedUser, rhs: RankedUser) -> Bool {
        lhs.key == rhs.key ? lhs.id < rhs.id : lhs.key < rhs.key
    }

    /// The first `limit` of two sorted lists.
    static func merged(_ one: [RankedUser], _ other: [RankedUser], limit: Int) -> [RankedUser] {
        var merged: [RankedUser] = []
        merged.reserveCapacity(min(limit, one.count + other.count))
        var (left, right) = (one[...], other[...])
        while merged.count < limit {
            switch (left.first, right.first) {
            case (let first?, let second?):
                merged.append(min(first, second))
                if second < first { right.removeFirst() } else { left.removeFirst() }
            case (let first?, nil):
                merged.append(first)
                left.removeFirst()
            case (nil, let second?):
                merged.append(second)
                right.removeFirst()
            case (nil, nil): return merged
            }
        }
        return merged
    }
}
