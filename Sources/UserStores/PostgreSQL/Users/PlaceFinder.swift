import RefreshCore

/// Finds free places for new users, within a transaction.
struct PlaceFinder {
    private var taken: Set<Int64> = []
    private let session: Session

    /// Looks up which of these places are taken; nil assumes that all are free.
    init(_ homes: [Place]?, _ session: Session) throws {
        self.session = session
        if let homes { try look(at: homes.map(\.rawValue)) }
    }

    /// The first free place from `home` on; it then counts as taken.
    mutating func take(from home: Place) throws -> Place {
        var place = home
        while taken.contains(place.rawValue) {
            place = place.next
            // One at a time: adjacent taken places are rare.
            if !taken.contains(place.rawValue) { try look(at: [place.rawValue]) }
        }
        taken.insert(place.rawValue)
        return place
    }

    private mutating func look(at places: [Int64]) throws {
        let rows = try session.run([
            Statement(
                "SELECT place FROM bankrefreshd.schedule WHERE place = ANY ($1::int8[])", .int8s(places))
        ])[0]
        for row in rows { taken.insert(try row.required(0, "place")) }
    }
}
