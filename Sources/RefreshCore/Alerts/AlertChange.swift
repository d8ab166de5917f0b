/// What is reported about an alert: once when it starts, once when it ends.
package enum AlertChange: Equatable, Sendable {
    case raised(Alert)
    /// `lasted` is measured from `since` on the steady clock.
    case ended(Alert, lasted: Duration, Alert.Ending)
}
