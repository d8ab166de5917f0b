import GRDB
package import RefreshCore

extension SQLiteUserStore {
    package func groupSizes() async throws(StoreProblem) -> [GroupSize] {
        try await read { db in try GroupSize.all(in: db) }
    }

    /// Of a store that nobody need have open; none where it cannot be read without leaving anything behind.
    ///
    /// Blocks while it works.
    package static func groupSizes(inFileAt path: String) throws(StoreProblem) -> [GroupSize] {
        try StoreInspection.groupSizes(path: path)
    }
}

extension GroupSize {
    static func all(in db: Database) throws -> [GroupSize] {
        try PreparedStatement("SELECT name, users FROM groups WHERE users > 0 ORDER BY users DESC, name", in: db).all(
            { _ in },
            { row in
                GroupSize(
                    group: try UserRow.required(row.text(0).flatMap(GroupName.init), "proper group name"),
                    users: Int(try UserRow.required(row.integer(1), "number of users")))
            })
    }
}
