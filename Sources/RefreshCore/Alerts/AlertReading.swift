/// The current reading of an alert's subject.
package enum AlertReading: Equatable, Sendable {
    case figure(Alert.Figure)
    /// Masked by a condition that is already reported: a suspicion resets, a raised alert stays.
    case unknown
}
