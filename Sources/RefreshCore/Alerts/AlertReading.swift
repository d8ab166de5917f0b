/// What can be said of an alert's subject at present.
package enum AlertReading: Equatable, Sendable {
    case figure(Alert.Figure)
    /// Nothing, because something that was told already stands before it: what is suspected must hold anew, and what was
    /// raised stays.
    case unknown
}
