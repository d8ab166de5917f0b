package import RefreshCore
package import RefreshDaemon

/// One row of a file of users: a user, or why it gives none.
package struct ParsedRow: Equatable, Sendable {
    /// The line on which the row begins, the first of the file being 1.
    package let line: Int
    package let result: Result<UserEntry, RowProblem>
    /// Whom a refused row is about, as far as it can be told.
    ///
    /// Never printed: in a row that lacks a field the token may stand in its place.
    package var userID: UserID?
}

extension ParsedRow: CustomStringConvertible, CustomReflectable {
    package var description: String { "line \(line): \(result)" }
    package var customMirror: Mirror { Mirror(self, children: ["line": line, "result": result]) }
}
