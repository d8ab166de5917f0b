/// Why a user may not be called now, by its own state and rules; conditions for all users come on top.
package enum CallObstacle: Error, Equatable, Sendable {
    case parked(ParkReason)
    /// Nil until the operator resumes the user.
    case paused(until: Timestamp?)
    case floor(until: Timestamp)
    case budget(until: Timestamp)
    /// No call by schedule is made outside its window.
    case window(opens: Timestamp)
}
