/// What the operator is told of an alert: once when it begins, once when it ends.
package enum AlertChange: Equatable, Sendable {
    case raised(Alert)
    /// `lasted` is measured from `since` on the steady clock.
    case ended(Alert, lasted: Duration, Alert.Ending)
}
