import GRDB
import RefreshCore

/// Keeps the text of a user's last failure: a row while there is one, none otherwise.
struct ReasonWriter {
    private let insert: Statement
    private let delete: Statement

    init(_ db: Database) throws {
        insert = try db.cachedStatement(
            sql: """
                INSERT INTO reasons (place, text) VALUES (?, ?)
                ON CONFLICT (place) DO UPDATE SET text = excluded.text
                """
        )
        delete = try db.cachedStatement(sql: "DELETE FROM reasons WHERE place = ?")
    }

    func write(_ reason: String?, at place: Place) throws {
        if let reason {
            insert.setUncheckedArguments([place.rawValue, reason])
            try insert.execute()
        } else {
            delete.setUncheckedArguments([place.rawValue])
            try delete.execute()
        }
    }
}
