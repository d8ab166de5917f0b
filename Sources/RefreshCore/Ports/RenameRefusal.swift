/// Why a user did not get another id.
package enum RenameRefusal: Error, Equatable, Sendable {
    case noSuchUser
    /// Another user has that id.
    case taken
    /// A call or a renewal is in flight, and its result would be lost.
    case inFlight(until: Timestamp)
    /// The stored token is not the one that the row's basis names. Decide again.
    case superseded
}
