package import RefreshCore

/// One line of a file that names users.
package struct ParsedUserID: Equatable, Sendable {
    /// The first line of the file being 1.
    package let line: Int
    package let result: Result<UserID, RowProblem>
}
