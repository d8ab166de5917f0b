/// What became of the calendar while no daemon worked with a store.
package enum ClockChange: Equatable, Sendable {
    /// It was set, forward above zero.
    case stepped(by: Duration)
    /// It shows so much more, and nobody can tell how much of that has passed.
    case uncertain(gap: Duration)
}
