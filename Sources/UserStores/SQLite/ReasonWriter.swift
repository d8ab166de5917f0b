import GRDB
import RefreshCore

/// Keeps the text of a user's last failure: a row while there is one, none otherwise.
struct ReasonWriter {
    private let insert: PreparedStatement
    private let delete: PreparedStatement

    init(_ db: Database) throws {
        insert = try PreparedStatement(
            """
            INSERT INTO reasons (place, text) VALUES (?, ?) ON CONFLICT (place) DO UPDATE SET text = excluded.text
            """,
            in: db
        )
        delete = try PreparedStatement("DELETE FROM reasons WHERE place = ?", in: db)
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
}
