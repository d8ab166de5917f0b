package import RefreshDaemon

/// One row of a file of users: a user, or why it gives none.
package struct ParsedRow: Equatable, Sendable {
    /// The line on which the row begins, the first of the file being 1.
    package let line: Int
    package let result: Result<UserEntry, RowProblem>
}
