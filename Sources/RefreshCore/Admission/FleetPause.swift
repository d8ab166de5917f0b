/// The operator's wish that nobody be called, for good or until a moment.
package struct FleetPause: Equatable, Sendable {
    package let until: Timestamp?

    package init(until: Timestamp?) {
        self.until = until
    }
}
