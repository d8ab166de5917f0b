/// The operator's wish that nobody be called, for good or until a moment.
package struct FleetPause: Equatable, Sendable {
    /// What a reason is cut to.
    package static let longestReason = 200

    package let until: Timestamp?
    /// Why, in the operator's words, fit for a log line; nil when none was given.
    package let reason: String?

    /// `reason` is sanitised and cut; one without anything visible is none.
    package init(until: Timestamp?, reason: String? = nil) {
        self.until = until
        let text = reason?.sanitized(limit: Self.longestReason) ?? ""
        self.reason = text.isEmpty ? nil : text
    }
}
