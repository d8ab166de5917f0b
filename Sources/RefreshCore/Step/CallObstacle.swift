/// Why a user may not be called now, as far as it and its rules go; the fleet may have reasons of its own.
package enum CallObstacle: Error, Equatable, Sendable {
    case parked(ParkReason)
    /// Nil until the operator resumes the user.
    case paused(until: Timestamp?)
    case floor(until: Timestamp)
    case budget(until: Timestamp)
    /// No call by schedule is made outside its window.
    case window(opens: Timestamp)
}
