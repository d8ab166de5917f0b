/// A condition that has held for long enough to be reported, and has not ended yet.
package struct Alert: Equatable, Sendable, Codable {
    package let kind: AlertKind
    /// When it began to hold.
    package let since: Timestamp
    /// The latest measurement.
    package var figure: Figure
    /// From where on `figure` is an alert, in its unit.
    package var threshold: Double

    package init(kind: AlertKind, since: Timestamp, figure: Figure, threshold: Double) {
        self.kind = kind
        self.since = since
        self.figure = figure
        self.threshold = threshold
    }

    /// One measurement for one alert.
    package struct Figure: Equatable, Sendable, Codable {
        /// A share from 0 to 1, users, or seconds, as the alert's rule has it.
        package let value: Double
        /// How many users it is about, and of how many; nil where it is not about users.
        package let users: Int?
        package let total: Int?
        /// The surveyed span: how far back for calls, how far ahead for tokens, how many intervals without a success.
        package let span: Double?

        package init(value: Double, users: Int? = nil, total: Int? = nil, span: Double? = nil) {
            self.value = value
            self.users = users
            self.total = total
            self.span = span
        }
    }

    /// Why an alert ended.
    package enum Ending: Equatable, Sendable {
        case over
        /// The configuration has no such alert any more.
        case switchedOff
    }
}
