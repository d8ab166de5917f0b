import GRDB
import RefreshCore

/// Keeps the text of a user's last failure: a row while there is one, none otherwise.
struct ReasonWriter {
    private let insert: PreparedStatement
    private let delete: PreparedStatement
    private let known: PreparedStatement
    /// Where more lie between the places of a batch, finding them costs more than it spares.
    private static let mostKnown = 1_000

    init(_ db: Database) throws {
        insert = try PreparedStatement(
            """
            INSERT INTO reasons (place, text) VALUES (?, ?) ON CONFLICT (place) DO UPDATE SET text = excluded.text
            """,
            in: db
        )
        delete = try PreparedStatement("DELETE FROM reasons WHERE place = ?", in: db)
        known = try PreparedStatement("SELECT place FROM reasons WHERE place BETWEEN ? AND ? LIMIT ?", in: db)
    }

    func write(_ reason: String?, at place: Place) throws {
        if let reason {
            try insert.run {
                $0.add(place)
                $0.add(reason)
            }
        } else {
            try delete.run { $0.add(place) }
        }
    }

    /// As `write` for each; looks first where there is a text to remove, for most have none.
    func write(_ reasons: [(place: Place, reason: String?)]) throws {
        let places = reasons.map(\.place)
        guard let first = places.min(), let last = places.max() else { return }
        var stored = Set<Int64>()
        try known.each {
            $0.add(first)
            $0.add(last)
            $0.add(Self.mostKnown)
        } _: { row in
            if let place = row.integer(0) { stored.insert(place) }
        }
        let isComplete = stored.count < Self.mostKnown
        for (place, reason) in reasons where reason != nil || !isComplete || stored.contains(place.rawValue) {
            try write(reason, at: place)
        }
    }
}
