/// The operator's pause of all calls, for good or until a given time.
package struct FleetPause: Equatable, Sendable {
    /// The maximum length of a reason.
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
