/// How the calendar changed while no daemon worked with a store.
package enum ClockChange: Equatable, Sendable {
    /// It was set, forward above zero.
    case stepped(by: Duration)
    /// It shows this much more, and it is unknown how much of that has passed.
    case uncertain(gap: Duration)
}
