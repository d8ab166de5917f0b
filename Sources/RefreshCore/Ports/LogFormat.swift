/// Where entries of the log go, and in which form (`log.format`).
package enum LogFormat: String, CaseIterable, Sendable {
    /// To the journal if stderr leads there, otherwise to stderr as text.
    case auto
    /// To stderr as text.
    case text
    /// To stderr as JSON.
    case json
}
