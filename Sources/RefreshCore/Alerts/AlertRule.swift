/// From when on something is an alert, and until when.
///
/// `threshold` and `end` are in the unit of their alert: a share from 0 to 1, users, or seconds.
package struct AlertRule: Equatable, Sendable {
    /// Raises the alert when it is reached; nil for never.
    package var threshold: Double?
    /// Ends the alert when it is reached again from above; below `threshold`, or the alert would come and go.
    package var end: Double
    /// How long either must hold before it is reported.
    package var hold: Duration

    package init(threshold: Double?, end: Double, hold: Duration) {
        self.threshold = threshold
        self.end = end
        self.hold = hold
    }

    /// A span as rules have it.
    package static func seconds(_ span: Duration) -> Double { Double(span.wholeMicroseconds) / 1_000_000 }
}
