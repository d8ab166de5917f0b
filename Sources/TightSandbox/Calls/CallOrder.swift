/// What was decided about one call when it came in.
struct CallOrder: Sendable {
    let user: Int
    let number: Int
    let behaviour: Behaviour
    /// On top of what the behaviour itself takes.
    let latency: Duration
    /// Tells a call from before a reset from those after it.
    let generation: Int
}
