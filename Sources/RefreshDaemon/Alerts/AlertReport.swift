package import RefreshCore

/// An alert that is raised, for people and programs.
package struct AlertReport: Codable, Sendable, Equatable {
    package var kind: AlertKind
    /// What is the matter, in a sentence without its full stop.
    package var text: String
    /// RFC 3339, UTC.
    package var since: String
    /// A share from 0 to 1, users, or seconds, as the configuration has it for this kind.
    package var value: Double
    package var threshold: Double
    /// How many users it is about; nil where it is not about users.
    package var users: Int?

    package init(_ alert: Alert) {
        kind = alert.kind
        text = alert.text
        since = alert.since.description
        value = alert.figure.value
        threshold = alert.threshold
        users = alert.figure.users
    }
}
