/// What was decided about one request for tokens when it came in.
struct RenewalOrder: Sendable {
    let request: TokenRequest
    /// Nil when it is nobody's.
    let user: Int?
    let number: Int
    let behaviour: Behaviour
    /// On top of what the behaviour itself takes.
    let latency: Duration
    /// Tells a request from before a reset from those after it.
    let generation: Int
    /// What it would have been told, where the tokens were traded before the answer's time.
    var settled: Answer?
}
