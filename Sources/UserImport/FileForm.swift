/// The form of a file of users.
package enum FileForm: String, CaseIterable, Sendable {
    /// RFC 4180, with a header line.
    case csv
    /// One JSON object (RFC 8259) a line.
    case ndjson
}
