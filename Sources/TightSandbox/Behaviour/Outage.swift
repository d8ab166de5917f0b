/// What callers meet while the whole API is down.
package enum Outage: Equatable, Sendable {
    /// Every call gets this status, whoever makes it.
    case status(Int)
    /// Nobody listens: connections are refused, and those that were open are closed.
    case refuse
}
